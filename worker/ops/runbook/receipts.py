"""What to do about what a receipt says: how it ended, what has changed, what could not be kept."""

from collections.abc import Mapping
from dataclasses import dataclass

from worker.core.progress import Mootness
from worker.core.receipt import RECOVERED, UNFINISHED
from worker.ops.doctor_texts import Text
from worker.ops.runbook.entry import Row

_NOTHING = Text("Nothing.", "无需操作。")

OUTCOMES: Mapping[str, Row] = {
    RECOVERED: Row(
        Text("A replacement runs.", "替代实例已在运行。"),
        Text(
            "What the receipt lists under “What to do now”; first see that your service answers.",
            "按回执“现在要做什么”逐项处理，先确认业务有响应。",
        ),
    ),
    UNFINISHED: Row(
        Text("The recreation ended without a replacement.", "重建结束时没有替代实例。"),
        Text(
            "`aliyun-ops status`, `aliyun-ops dlq list`: its message tells why.",
            "运行 `aliyun-ops status` 和 `aliyun-ops dlq list`，消息里写明原因。",
        ),
    ),
    Mootness.NOT_OURS.value: Row(
        Text(
            "The instance is not one that this deployment recreates; the reason says why.",
            "该实例不由这套部署重建，原因见回执。",
        ),
        Text(
            "If it should be: `select` in the configuration, or its tags. `aliyun-ops audit` shows who is left alone.",
            "如果应当重建：检查配置中的 `select` 或实例标签。`aliyun-ops audit` 会列出不处理的实例。",
        ),
    ),
    Mootness.FALSE_ALARM.value: Row(
        Text(
            "The cloud took the notice back; the instance keeps running and its disks are as before.",
            "云端撤回了通知，实例继续运行，磁盘设置已恢复。",
        ),
        _NOTHING,
    ),
    Mootness.SUPERSEDED.value: Row(
        Text(
            "A later notice of the same instance has made a replacement; this one launches nothing beside it.",
            "同一实例更晚的一次通知已经创建了替代实例，本次不再启动。",
        ),
        Text("Nothing; the later receipt counts.", "无需操作，以后一份回执为准。"),
    ),
    Mootness.ALREADY_DONE.value: Row(
        Text(
            "Another message of the same interruption has done it.",
            "同一次中断的另一条消息已经完成重建。",
        ),
        _NOTHING,
    ),
}

# What the replacement was booted from when no data of this notice could be, by the word of `clone.fallbacks`.
DEGRADED: Mapping[str, Row] = {
    "rescue": Row(
        Text(
            "Degraded: the base image was booted and the source's own disks are attached as data disks. Nothing on them is lost, but no service runs.",
            "降级：从基础镜像启动，源实例的磁盘作为数据盘挂载。盘上数据没有丢，但业务没有运行。",
        ),
        Text(
            "Do not restart it. Mount the disks (`mount -o ro,nouuid` for XFS), copy what the service needs to the new system disk, start the service, then move the addresses by hand.",
            "先不要重启。挂载磁盘（XFS 用 `mount -o ro,nouuid`），把业务所需内容拷到新系统盘并启动业务，再手动迁移地址。",
        ),
    ),
    "stale-snapshot": Row(
        Text(
            "Degraded: the system disk is that of an older automatic snapshot. What was configured since is on the source's own system disk, which is kept.",
            "降级：系统盘来自较早的自动快照。此后的配置在保留的原系统盘上。",
        ),
        Text(
            "Compare with the kept system disk before you trust it: [get at it](#get-at-the-data-of-a-retained-disk).",
            "使用前先与保留的原系统盘比对：[取回](#取回保留磁盘上的数据)。",
        ),
    ),
}

# By the key of `why.` in the table of texts.
CHANGED: Mapping[str, Text] = {
    "private_ip": Text(
        "Point what uses the old address to the new one: DNS records, other servers, load balancers, allow lists.",
        "把使用旧地址的地方改为新地址：DNS 记录、其他服务器、负载均衡、白名单。",
    ),
    "type": Text(
        "See whether the load fits the vCPUs. `launch.same_type_only` and `launch.families` narrow the choice.",
        "确认 vCPU 够用。可用 `launch.same_type_only`、`launch.families` 收窄范围。",
    ),
    "zone": Text(
        "See whether what it talks to is reachable and cheap from there. `launch.other_zones: false` forbids it.",
        "确认从新可用区访问依赖的服务没有延迟和费用问题。`launch.other_zones: false` 可禁止换区。",
    ),
}


@dataclass(frozen=True, slots=True)
class Loss:
    """Something under “Not kept, and why”.

    Attributes:
        pattern: Matches what the receipt says it is, as a whole.
        shown: How the pages name it.
    """

    pattern: str
    shown: Text
    row: Row


LOSSES: tuple[Loss, ...] = (
    Loss(
        r"retaining the disks|disks outliving the instance",
        Text(
            "“retaining the disks”, “disks outliving the instance”",
            "“保留磁盘”、“让磁盘在实例释放后保留”",
        ),
        Row(
            Text(
                "The cloud did not let the disks outlive the source, or did not answer. All data after the image went with it.",
                "云端没有允许（或没有应答）保留磁盘，镜像之后写入的数据已随源实例丢失。",
            ),
            Text(
                "Compare the data points in the receipt with what your service misses. A code of a permission: `aliyun-ops doctor`. By day: `aliyun-ops audit --fix` sets it beforehand.",
                "对照回执的数据截至时间，确认业务缺了什么。如果是权限类错误码：`aliyun-ops doctor`。之后用 `aliyun-ops audit --fix` 提前设置。",
            ),
        ),
    ),
    Loss(
        r"tags on (the retained disks|network interface .+|elastic address .+)",
        Text(
            "“tags on the retained disks”, “tags on network interface eni-...”, “tags on elastic address ...”",
            "“保留磁盘上的标签”、“弹性网卡 eni-... 的标签”、“弹性公网 IP ... 的标签”",
        ),
        Row(
            Text(
                "They are kept but carry no tag of ours: `status` and `sweep` may not see them.",
                "资源保留了，但没有本工具的标签，`status` 和 `sweep` 可能看不到它们。",
            ),
            Text(
                "Note the ids from the receipt; delete them by hand when you need them no more.",
                "记下回执中的 ID；不再需要时手动删除。",
            ),
        ),
    ),
    Loss(
        r"tags on the disks of the source",
        Text("“tags on the disks of the source”", "“源实例磁盘上的标签”"),
        Row(
            Text(
                "Nothing is lost. They say that the lock of a source in economical mode was seen: a worker that begins anew after the platform's stop parks it as `source_stopped`.",
                "没有丢失任何内容。这些标签说明曾看到节省停机模式的源实例被锁定；若工作进程在平台停机之后重新开始，会将其搁置为 `source_stopped`。",
            ),
            Text(
                "Grant `ecs:TagResources` where the code is one of a permission: `aliyun-ops doctor`.",
                "如果是权限类错误码，请授予 `ecs:TagResources`：`aliyun-ops doctor`。",
            ),
        ),
    ),
    Loss(
        r"disk .+",
        Text("“disk d-...”", "“磁盘 d-...”"),
        Row(
            Text(
                "A local disk: what was on it is gone with its host. A cloud disk: it is in no image, could not be attached, was taken from the source, was released since, outlives by your own setting and so has no date, or alone holds what was written between the image and a second notice and so has none; the reason says which.",
                "本地盘：上面的数据随宿主机丢失。云盘：不在镜像中、未能挂载、已从源实例取走、后来被释放、原本就设为保留因而没有日期，或者只有它保存着镜像与第二次通知之间写入的数据因而没有日期，原因中写明。",
            ),
            Text(
                "Local: restore your own backup, and by day move the data to a cloud disk. Kept but not attached: [get at it](#get-at-the-data-of-a-retained-disk).",
                "本地盘：从自己的备份恢复，之后把数据迁到云盘。已保留但未挂载：[取回](#取回保留磁盘上的数据)。",
            ),
        ),
    ),
    Loss(
        r"instance .+",
        Text("“instance i-...”", "“实例 i-...”"),
        Row(
            Text(
                "An instance that needs a person: a second replacement, a source that stays stopped, one whose notice was taken back after it had been stopped for the takeover, or one that was started, or was never stopped, beside its replacement. Or one that was reclaimed in the middle of the handover, so that the rest went on to its own replacement. The reason says which.",
                "有一台实例需要人处理：多余的替代实例、保持停机的源实例、为接管而停机后通知又被撤回的源实例，或在替代实例之外又被启动、始终没有停机的源实例；也可能是在移交途中被回收的实例，其余内容已转交给它自己的替代实例。原因中写明。",
            ),
            Text(
                "A second replacement: [quarantined](#quarantined). Beside: stop one at once, two serve. Stays stopped, or taken back: delete it when the replacement is good. Went on: nothing.",
                "多余的替代实例：见 [quarantined](#quarantined)。与替代实例同时运行：立即停掉一台，否则两台同时服务。保持停机或通知被撤回：确认替代实例无误后删除。已转交：无需操作。",
            ),
        ),
    ),
    Loss(
        r"stopping the source before the takeover",
        Text("“stopping the source before the takeover”", "“接管前停止源实例”"),
        Row(
            Text(
                "The source could not be stopped first, so it may have written until the platform's own stop.",
                "没能先停止源实例，它可能一直写到平台停机为止。",
            ),
            Text(
                "What came after the data point is on the retained disks: [get at it](#get-at-the-data-of-a-retained-disk). Grant `ecs:StopInstance` if the code is one of a permission.",
                "数据截至时间之后的内容在保留的磁盘上：[取回](#取回保留磁盘上的数据)。如果是权限类错误码，授予 `ecs:StopInstance`。",
            ),
        ),
    ),
    Loss(
        r"quiescing the source",
        Text("“quiescing the source”", "“制作镜像前在源实例内执行命令”"),
        Row(
            Text(
                "`quiesce.command` failed or did not end in time; the image was begun all the same.",
                "`quiesce.command` 失败或未在时限内结束；镜像照常制作。",
            ),
            Text(
                "The data is as after a power cut: let the database check itself. By day try the command, and see that Cloud Assistant runs in the instance.",
                "数据相当于断电时的状态：请让数据库自检。之后验证该命令，并确认实例内云助手在运行。",
            ),
        ),
    ),
    Loss(
        r"the health check of the replacement",
        Text("“the health check of the replacement”", "“替代实例的健康检查”"),
        Row(
            Text(
                "It never passed, and the handover went on without it.",
                "始终未通过，但移交照常进行。",
            ),
            Text(
                "See at once whether the service answers: traffic goes to it.",
                "立即确认业务有响应：流量已经切过来。",
            ),
        ),
    ),
    Loss(
        r"user data",
        Text("“user data”", "“用户数据”"),
        Row(
            Text(
                "The source's user data was not carried, so it does not run on the replacement.",
                "源实例的用户数据没有带过来，不会在替代实例上运行。",
            ),
            Text(
                "The image has what it once did. What must run at each first boot, run by hand.",
                "镜像里已有它当初执行的结果；每次首启必须执行的内容请手动执行。",
            ),
        ),
    ),
    Loss(
        r"the configuration of the source",
        Text("“the configuration of the source”", "“源实例的配置”"),
        Row(
            Text(
                "The source went before it could be captured; the replacement was made from what `audit --record` had kept.",
                "源实例在记录配置之前已释放；替代实例按 `audit --record` 保存的配置创建。",
            ),
            Text(
                "Compare what you have changed since then: security groups, tags, address.",
                "核对此后改过的内容：安全组、标签、地址。",
            ),
        ),
    ),
    Loss(
        r"a snapshot of the system disk alone",
        Text("“a snapshot of the system disk alone”", "“仅对系统盘制作快照”"),
        Row(
            Text(
                "The cloud refused it, so the whole instance was imaged instead, which takes longer.",
                "云端拒绝，因此改为对整台实例制作镜像，耗时更长。",
            ),
            Text(
                "Nothing tonight. A code of a permission: grant `ecs:CreateSnapshot`.",
                "今晚无需操作。权限类错误码：授予 `ecs:CreateSnapshot`。",
            ),
        ),
    ),
    Loss(
        r"public address .+",
        Text("“public address ...”", "“公网地址 ...”"),
        Row(
            Text(
                "A static public address dies with its instance. Or it was made elastic for a notice that was then taken back, which cannot be undone.",
                "固定公网地址随实例消失；或者它已为随后撤回的通知转成弹性公网 IP，无法还原。",
            ),
            Text(
                "Change DNS to the new address. By day: an elastic address, or `handover.convert_public_ip: true`.",
                "把 DNS 改到新地址。之后改用弹性公网 IP，或设置 `handover.convert_public_ip: true`。",
            ),
        ),
    ),
    Loss(
        r"elastic address .+",
        Text("“elastic address ...”", "“弹性公网 IP ...”"),
        Row(
            Text(
                "It is still yours, but not on the replacement.", "仍归您所有，但不在替代实例上。"
            ),
            Text(
                "`aliyun vpc AssociateEipAddress --RegionId REGION --AllocationId EIP --InstanceId REPLACEMENT`; if another instance has it, ask why first.",
                "`aliyun vpc AssociateEipAddress --RegionId REGION --AllocationId EIP --InstanceId REPLACEMENT`；如果已绑定到别的实例，先问清原因。",
            ),
        ),
    ),
    Loss(
        r"member of .+",
        Text("“member of ...”", "“... 的后端服务器”"),
        Row(
            Text(
                "The load balancer does not send traffic to the replacement, or only to others of its group.",
                "负载均衡没有把流量转给替代实例，只转给组内其他服务器（如果有）。",
            ),
            Text(
                "Add the replacement to that group in the console, with the port and weight of the receipt's source; remove the source if it is still there.",
                "在控制台把替代实例加入该服务器组，端口和权重与源实例相同；源实例还在组里就移除。",
            ),
        ),
    ),
    Loss(
        r"server group .+",
        Text("“server group rsp-...”", "“服务器组 rsp-...”"),
        Row(
            Text(
                "Nothing is missing: nobody can change the servers of a primary/secondary group, so the listeners lead to a new one with the replacement in it. The old group is left, and nothing leads to it; or two workers have made one each in the same instant.",
                "没有缺失：主备服务器组的服务器无法更改，所以监听已指向包含替代实例的新组。旧组仍在，但没有监听指向它；也可能是两个工作进程同时各建了一个。",
            ),
            Text(
                "Delete the old group in the console, and write the new id wherever the old one stands (Terraform, ROS). What was made twice is deleted by `sweep --apply` a day later.",
                "在控制台删除旧组，并把引用旧组 ID 的地方（Terraform、ROS）改为新组。重复创建的组在一天后由 `sweep --apply` 删除。",
            ),
        ),
    ),
    Loss(
        r"network interface .+",
        Text("“network interface eni-...”", "“弹性网卡 eni-...”"),
        Row(
            Text(
                "A secondary interface is not on the replacement: in another zone it cannot be, and without `handover.interfaces` nobody moves it.",
                "辅助网卡不在替代实例上：跨可用区时无法挂载；未开启 `handover.interfaces` 时不会移交。",
            ),
            Text(
                "Same zone: `aliyun ecs AttachNetworkInterface --RegionId REGION --NetworkInterfaceId ENI --InstanceId REPLACEMENT`. By day: `launch.reclaimed_pool: first` keeps the zone more often.",
                "同可用区：`aliyun ecs AttachNetworkInterface --RegionId REGION --NetworkInterfaceId ENI --InstanceId REPLACEMENT`。之后可用 `launch.reclaimed_pool: first` 尽量保持同区。",
            ),
        ),
    ),
    Loss(
        r"elastic addresses|network interfaces|load balancers",
        Text(
            "“elastic addresses”, “network interfaces”, “load balancers”",
            "“弹性公网 IP”、“弹性网卡”、“负载均衡”",
        ),
        Row(
            Text(
                "Nobody could look up what hangs on the source (a permission, a package that is not installed, no time), so none of it was handed over.",
                "没能查到源实例挂载了哪些这类资源（权限不足、未安装软件包或时间不够），因此都没有移交。",
            ),
            Text(
                "Look in the console for what names the source, and point it to the replacement. Then `aliyun-ops doctor`; for load balancers `pip install 'aliyun-ops[load-balancers]'`.",
                "在控制台查找引用源实例的资源，改指向替代实例。然后运行 `aliyun-ops doctor`；负载均衡需要 `pip install 'aliyun-ops[load-balancers]'`。",
            ),
        ),
    ),
    Loss(
        r"tag .+|tags of .+",
        Text("“tag ...”, “tags of ...”", "“标签 ...”、“... 的标签”"),
        Row(
            Text(
                "A resource holds 20 tags and ours come first, the cloud refused them, or `handover.tags` is off.",
                "一个资源最多 20 个标签，本工具的优先；或被云端拒绝；或 `handover.tags` 未开启。",
            ),
            Text(
                "Set by hand those that somebody relies on (billing, access, selection).",
                "把有人依赖的标签（计费、权限、筛选）手动补上。",
            ),
        ),
    ),
    Loss(
        r"reading the source's .+",
        Text("“reading the source's ...”", "“读取源实例的 ...”"),
        Row(
            Text(
                "The role may not read them, so the clone has the defaults instead.",
                "角色没有读取权限，克隆出来的是默认值。",
            ),
            Text(
                "`aliyun-ops doctor` names the permission; set what matters by hand.",
                "`aliyun-ops doctor` 会指出缺少的权限；重要的设置手动补上。",
            ),
        ),
    ),
    Loss(
        r"hop limit of .+|source and destination check of .+|(name|description) of the primary interface|automatic snapshots .+",
        Text(
            "“hop limit of ... of the metadata”, “source and destination check ...”, “name of the primary interface”, “automatic snapshots ...”",
            "“元数据访问的跳数限制 ...”、“主网卡的源/目的地址检查”、“主网卡的名称”、“... 自动快照的设置”",
        ),
        Row(
            Text(
                "A setting of the source that only a later change can give to the replacement; it has the cloud's own instead.",
                "源实例的这项设置只能在创建之后更改；替代实例用的是默认值。",
            ),
            Text(
                "Set it in the console where something relies on it: containers need the hop limit, a gateway the check.",
                "有依赖时在控制台补上：容器依赖跳数限制，网关依赖地址检查。",
            ),
        ),
    ),
    Loss(
        r"release at .+",
        Text("“release at ...”", "“定于 ... 的自动释放”"),
        Row(
            Text(
                "The source was to be released by itself at that time. The replacement is not, for it would end with it.",
                "源实例设有定时自动释放。替代实例没有设置，否则会随之释放。",
            ),
            Text(
                "If it still is to end then: `aliyun ecs ModifyInstanceAutoReleaseTime --RegionId REGION --InstanceId REPLACEMENT --AutoReleaseTime TIME`.",
                "如果仍需到时释放：`aliyun ecs ModifyInstanceAutoReleaseTime --RegionId REGION --InstanceId REPLACEMENT --AutoReleaseTime TIME`。",
            ),
        ),
    ),
    Loss(
        r"secondary addresses .+",
        Text("“secondary addresses ...”", "“辅助私网地址 ...”"),
        Row(
            Text(
                "The primary interface had more private addresses. The source held them until its release, so the replacement has none.",
                "主网卡另有辅助私网地址。源实例释放之前一直占用，替代实例没有这些地址。",
            ),
            Text(
                "Same subnet, once the source is gone: `aliyun ecs AssignPrivateIpAddresses --RegionId REGION --NetworkInterfaceId ENI --PrivateIpAddress.1 ADDRESS`. Elsewhere assign new ones, and tell who uses them.",
                "同一交换机且源实例已释放：`aliyun ecs AssignPrivateIpAddresses --RegionId REGION --NetworkInterfaceId ENI --PrivateIpAddress.1 ADDRESS`。否则分配新地址，并通知使用方。",
            ),
        ),
    ),
    Loss(
        r"subnet .+",
        Text("“subnet vsw-...”", "“交换机 vsw-...”"),
        Row(
            Text(
                "The source's own subnet took no replacement, so it is in another one of the same zone, with that one's routes and network ACL.",
                "源实例所在的交换机无法创建替代实例，因此改用同可用区的另一个交换机，路由和网络 ACL 以后者为准。",
            ),
            Text(
                "See whether it reaches what it talks to. Free addresses in the old subnet: `aliyun vpc DescribeVSwitches --RegionId REGION --VSwitchId VSWITCH`.",
                "确认它能访问所依赖的服务。查看原交换机的可用地址：`aliyun vpc DescribeVSwitches --RegionId REGION --VSwitchId VSWITCH`。",
            ),
        ),
    ),
    Loss(
        r"storage set of .+",
        Text("“storage set of /dev/...”", "“磁盘 /dev/... 的存储集”"),
        Row(
            Text(
                "The source's disks were in different storage sets or partitions; a launch names one for all of them.",
                "源实例的磁盘分属不同的存储集或分区；创建实例时所有磁盘只能指定同一个。",
            ),
            Text(
                "The data is whole; what is gone is the spread over storage clusters. Where it matters, make the disk anew in its set.",
                "数据完整，但失去了在存储集群间的分散。需要时在原存储集中重新创建该磁盘。",
            ),
        ),
    ),
    Loss(
        r"bandwidth of .+",
        Text("“bandwidth of ... Mbit/s”", "“... Mbit/s 的带宽”"),
        Row(
            Text(
                "A launch may ask for 100 Mbit/s at most.",
                "创建实例时最多只能要求 100 Mbit/s。",
            ),
            Text("Raise it in the console, if you need it.", "需要时在控制台调高。"),
        ),
    ),
    Loss(
        r"the system disk outliving the replacement",
        Text("“the system disk outliving the replacement”", "“系统盘在替代实例释放后保留”"),
        Row(
            Text(
                "The source's system disk was set to outlive it; a launch cannot ask for that.",
                "源实例的系统盘原本设为保留；创建实例时无法要求。",
            ),
            Text(
                "`aliyun ecs ModifyDiskAttribute --RegionId REGION --DiskId DISK --DeleteWithInstance false`.",
                "`aliyun ecs ModifyDiskAttribute --RegionId REGION --DiskId DISK --DeleteWithInstance false`。",
            ),
        ),
    ),
    Loss(
        r"[A-Z][A-Za-z0-9]*",
        Text(
            "a parameter, such as “HostName” or “KeyPairName”",
            "参数名，如“HostName”、“KeyPairName”",
        ),
        Row(
            Text(
                "The cloud refused this optional parameter for the candidate, or it holds for the source's type or zone alone; the replacement was launched without it.",
                "云端不接受该候选的这个可选参数，或者它仅对源实例的规格或可用区有效；替代实例启动时没有带它。",
            ),
            Text(
                "Set it by hand where it matters: a key pair before you need to log in.",
                "重要的手动补上，例如登录前先绑定密钥对。",
            ),
        ),
    ),
    Loss(
        r"restore (disks|network interface.*)",
        Text(
            "“restore disks”, “restore network interface eni-...”",
            "“恢复磁盘设置”、“恢复弹性网卡 eni-... 的设置”",
        ),
        Row(
            Text(
                "They were set to outlive their instance for a notice and could not be set back.",
                "因通知被设为保留，但没能改回。",
            ),
            Text(
                "`aliyun ecs ModifyDiskAttribute --RegionId REGION --DiskId DISK --DeleteWithInstance true`; otherwise they cost after a release.",
                "`aliyun ecs ModifyDiskAttribute --RegionId REGION --DiskId DISK --DeleteWithInstance true`；否则实例释放后磁盘会继续计费。",
            ),
        ),
    ),
    Loss(
        r"date .+",
        Text(
            "“date disks”, “date snapshots”, “date image ...”",
            "“给保留磁盘标注日期”等",
        ),
        Row(
            Text(
                "It carries no date, so `sweep` will never offer it for deletion.",
                "没有日期，`sweep` 不会把它列为可删除。",
            ),
            Text(
                "Delete it by hand when the replacement is good. A code of a permission: `ecs:TagResources`.",
                "确认替代实例无误后手动删除。权限类错误码：需要 `ecs:TagResources`。",
            ),
        ),
    ),
    Loss(
        r"refused candidates|the source's tags in the receipt|the timeline",
        Text(
            "“refused candidates”, “the source's tags in the receipt”, “the timeline”",
            "“被拒绝的候选”、“回执中的源实例标签”、“时间线”",
        ),
        Row(
            Text(
                "Left out of the record, for a message holds 64 KB. The replacement lacks nothing by it.",
                "一条消息最多 64 KB，记录中略去了这些。替代实例不受影响。",
            ),
            Text("Nothing; the log has it.", "无需操作，日志里有。"),
        ),
    ),
    Loss(
        r"the tags of single disks and interfaces",
        Text("“the tags of single disks and interfaces”", "“单个云盘与网卡的标签”"),
        Row(
            Text(
                "Left out, for a message holds 64 KB: the replacement's disks and interface have its own tags only.",
                "一条消息最多 64 KB，略去了这些：替代实例的云盘与网卡只有实例自身的标签。",
            ),
            Text(
                "Set them by hand if something reads them; retained disks still have them.",
                "如有程序依赖这些标签，请手动添加；保留的云盘上仍有。",
            ),
        ),
    ),
)
