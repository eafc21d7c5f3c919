"""Sets up how interruptions reach the worker: an EventBridge rule, a queue and two dead-letter queues.

`desired` says what there should be, `plan` what to change, `apply` changes it through the port in `cloud`, which
`client` binds to the SDKs. Nothing here imports anything of the worker but its settings.
"""
