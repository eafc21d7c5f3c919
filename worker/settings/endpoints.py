"""The addresses of the cloud's APIs in a region."""

from dataclasses import dataclass

from worker.settings.sections import Endpoints

# Regions whose EventBridge control plane has the host eventbridge-console; all others have eventbridge.
# Source: alibabacloud_eventbridge20200401 8.7.0, Client, endpoint map.
EVENTBRIDGE_CONSOLE_REGIONS = frozenset(
    {
        "cn-hangzhou",
        "cn-shanghai",
        "cn-beijing",
        "cn-shenzhen",
        "cn-zhangjiakou",
        "cn-huhehaote",
        "cn-chengdu",
        "cn-heyuan",
        "cn-guangzhou",
        "cn-qingdao",
        "cn-wulanchabu",
        "cn-hongkong",
        "ap-northeast-1",
        "ap-northeast-2",
        "ap-southeast-1",
        "ap-southeast-3",
        "ap-southeast-5",
        "ap-southeast-6",
        "ap-southeast-7",
        "us-east-1",
        "us-west-1",
        "eu-central-1",
        "eu-west-1",
        "cn-shenzhen-finance-1",
        "cn-beijing-finance-1",
        "cn-shanghai-finance-1",
    }
)


@dataclass(frozen=True, slots=True)
class Urls:
    """One address per API, scheme included and no slash at the end."""

    ecs: str
    vpc: str
    eventbridge: str
    mns: str
    mns_open: str


def derive_urls(endpoints: Endpoints, *, account_id: str, region: str) -> Urls:
    """Fill in the addresses that the configuration leaves open.

    Source: ECS and VPC endpoint lists; SMQ endpoints (the internal data plane speaks plain http only).
    """
    inside = endpoints.network == "vpc"
    eventbridge = "eventbridge-console" if region in EVENTBRIDGE_CONSOLE_REGIONS else "eventbridge"
    public_queue = f"https://{account_id}.mns.{region}.aliyuncs.com"
    inside_queue = f"http://{account_id}.mns.{region}-internal.aliyuncs.com"
    return Urls(
        ecs=endpoints.ecs or f"https://{'ecs-vpc' if inside else 'ecs'}.{region}.aliyuncs.com",
        vpc=endpoints.vpc or f"https://{'vpc-vpc' if inside else 'vpc'}.{region}.aliyuncs.com",
        eventbridge=endpoints.eventbridge or f"https://{eventbridge}.{region}.aliyuncs.com",
        mns=endpoints.mns or (inside_queue if inside else public_queue),
        mns_open=endpoints.mns_open
        or f"https://{'mns-open-vpc' if inside else 'mns-open'}.{region}.aliyuncs.com",
    )
