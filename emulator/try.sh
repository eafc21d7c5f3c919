# The environment for emulator/try.yaml; read it in the directory of the repository: . emulator/try.sh
export PATH="$PWD/.venv/bin:$PATH"
export ALIYUN_OPS_CONFIG="$PWD/emulator/try.yaml"
export ALIBABA_CLOUD_ACCESS_KEY_ID=emulator ALIBABA_CLOUD_ACCESS_KEY_SECRET=emulator-secret
# Good for nothing but the emulator. For the cloud make one of your own: openssl rand -hex 32
export ALIYUN_OPS_SIGNING_KEY=only-for-the-emulator-0123456789
