"""The addresses of the cloud's APIs in a region."""

from dataclasses import dataclass, fields

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


# Regions whose classic load balancers have the central host; all others have one of their own.
# Source: alibabacloud_slb20140515 3.3.31, Client, endpoint map.
SLB_CENTRAL_REGIONS = frozenset(
    {
        "cn-qingdao",
        "cn-beijing",
        "cn-hangzhou",
        "cn-shanghai",
        "cn-shenzhen",
        "cn-hongkong",
        "ap-southeast-1",
        "us-east-1",
        "us-west-1",
        "cn-shanghai-finance-1",
        "cn-shenzhen-finance-1",
        "cn-hangzhou-finance",
        "cn-north-2-gov-1",
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
    slb: str
    alb: str
    nlb: str


API_NAMES = tuple(each.name for each in fields(Urls))


def derive_urls(endpoints: Endpoints, *, account_id: str, region: str) -> Urls:
    """Fill in the addresses that the configuration leaves open.

    Source: endpoint lists of ECS, VPC and the load balancers; SMQ endpoints (the internal data plane
    speaks plain http only).
    """
    inside = endpoints.network == "vpc"
    eventbridge = "eventbridge-console" if region in EVENTBRIDGE_CONSOLE_REGIONS else "eventbridge"
    central = not inside and region in SLB_CENTRAL_REGIONS
    public_queue = f"https://{account_id}.mns.{region}.aliyuncs.com"
    inside_queue = f"http://{account_id}.mns.{region}-internal.aliyuncs.com"
    return Urls(
        ecs=endpoints.ecs or f"https://{'ecs-vpc' if inside else 'ecs'}.{region}.aliyuncs.com",
        vpc=endpoints.vpc or f"https://{'vpc-vpc' if inside else 'vpc'}.{region}.aliyuncs.com",
        eventbridge=endpoints.eventbridge or f"https://{eventbridge}.{region}.aliyuncs.com",
        mns=endpoints.mns or (inside_queue if inside else public_queue),
        mns_open=endpoints.mns_open
        or f"https://{'mns-open-vpc' if inside else 'mns-open'}.{region}.aliyuncs.com",
        slb=endpoints.slb
        or ("https://slb.aliyuncs.com" if central else _balancer("slb", region, inside=inside)),
        alb=endpoints.alb or _balancer("alb", region, inside=inside),
        nlb=endpoints.nlb or _balancer("nlb", region, inside=inside),
    )


def _balancer(product: str, region: str, *, inside: bool) -> str:
    return f"https://{product}{'-vpc' if inside else ''}.{region}.aliyuncs.com"
