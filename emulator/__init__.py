"""A local Alibaba Cloud that official SDKs talk to: SMQ, ECS, VPC and EventBridge over HTTP."""
