"""The sweep's part of the table of texts, in English and in Chinese.

`keep.` says why a thing is kept or may go, `fate.` what became of it.
"""

from collections.abc import Mapping

SWEEP_TEXTS: Mapping[str, tuple[str, str]] = {
    "sweep.none": ("Nothing of this owner is left.", "没有属于本部署的遗留资源。"),
    "sweep.others.one": (
        "1 thing belongs to another owner and is not shown.",
        "另有 1 项属于其他部署，不显示。",
    ),
    "sweep.others": (
        "{number} things belong to other owners and are not shown.",
        "另有 {number} 项属于其他部署，不显示。",
    ),
    "sweep.priceless": ("No prices: {why}", "没有价格：{why}"),
    "sweep.prices": (
        (
            "Prices are per month of 730 hours, as the cloud tells them now. A snapshot is billed by the "
            "space it occupies, which the cloud does not tell for one snapshot: its price is unknown. So is"
            " that of an elastic address, which is billed by the hour."
        ),
        (
            "价格按每月 730 小时计，以云端当前报价为准。快照按实际占用空间计费，云端不提供单个快照的占用空间，因此价格未知。"
            "弹性公网 IP 按小时计费，价格同样未知。"
        ),
    ),
    "sweep.source": ("source {source}, owner {owner}", "源实例 {source}，部署 {owner}"),
    "sweep.no_recreation": ("of no recreation", "不属于任何重建"),
    "sweep.goes": ("may go: {why}", "可删除：{why}"),
    "sweep.keeps": ("kept: {why}", "保留：{why}"),
    "sweep.total": (
        "{number} of {all} may go: {things}.",
        "共 {all} 项，其中 {number} 项可删除：{things}。",
    ),
    "sweep.saves": (
        "That saves {money} a month, snapshots not counted.",
        "每月节省 {money}（不含快照）。",
    ),
    "sweep.costs": (
        "What is kept costs {money} a month, instances, snapshots and addresses not counted.",
        "保留的资源每月 {money}（不含实例、快照和公网 IP）。",
    ),
    "sweep.nothing_due": (
        "Things: {all}; none is due and safe.",
        "共 {all} 项，没有可安全删除的到期资源。",
    ),
    "sweep.warning": (
        (
            "What is deleted cannot be brought back. Disks that were made from a deleted image or snapshot "
            "keep their data, but cannot be initialised again from it."
        ),
        "删除后无法恢复。由被删镜像或快照创建的磁盘数据不受影响，但不能再用它们重新初始化。",
    ),
    "sweep.how": (
        "Delete them with: aliyun-ops sweep --apply{ids}",
        "删除这些资源：aliyun-ops sweep --apply{ids}",
    ),
    "sweep.question.one": ("Delete this one thing?", "删除这 1 项？"),
    "sweep.question": ("Delete these {number} things?", "删除这 {number} 项？"),
    "sweep.dry": ("Nothing was changed.", "未做任何更改。"),
    "sweep.ended": (
        "{deleted} deleted, {kept} kept at the second look, {failed} not deleted.",
        "已删除 {deleted} 项，复查后保留 {kept} 项，未能删除 {failed} 项。",
    ),
    "sweep.age.days": ("{number} d", "{number} 天"),
    "sweep.age.hours": ("{number} h", "{number} 小时"),
    "sweep.age.unknown": ("?", "?"),
    "sweep.free": ("free", "免费"),
    "sweep.unknown": ("unknown", "未知"),
    "sweep.kind.image": ("image", "镜像"),
    "sweep.kind.snapshot": ("snapshot", "快照"),
    "sweep.kind.disk": ("disk", "磁盘"),
    "sweep.kind.eni": ("interface", "弹性网卡"),
    "sweep.kind.masterslaveservergroup": ("group", "主备组"),
    "sweep.kind.eip": ("address", "公网 IP"),
    "sweep.kind.instance": ("instance", "实例"),
    "sweep.count.image": ("images: {number}", "镜像 {number} 个"),
    "sweep.count.snapshot": ("snapshots: {number}", "快照 {number} 个"),
    "sweep.count.disk": ("disks: {number}", "磁盘 {number} 块"),
    "sweep.count.eni": ("network interfaces: {number}", "弹性网卡 {number} 块"),
    "sweep.count.masterslaveservergroup": (
        "primary/secondary server groups: {number}",
        "主备服务器组 {number} 个",
    ),
    "sweep.count.eip": ("elastic addresses: {number}", "弹性公网 IP {number} 个"),
    "sweep.count.instance": ("instances: {number}", "实例 {number} 台"),
    "column.kind": ("kind", "类型"),
    "column.id": ("id", "ID"),
    "column.size": ("size", "大小"),
    "column.age": ("age", "已存在"),
    "column.not_before": ("not before", "到期日"),
    "column.month": ("a month", "每月"),
    "keep.due": (
        "its date has passed, and {holder} holds the data",
        "已到期，数据已在 {holder} 上",
    ),
    "keep.unused": (
        "no listener leads to it, and it holds no data",
        "没有监听指向它，也不含数据",
    ),
    "keep.replacement": ("the replacement; an instance is never deleted", "替代实例；从不删除实例"),
    "keep.quarantined": (
        "one replacement too many; look at it, then delete it by hand",
        "多余的替代实例；请查看后手动删除",
    ),
    "keep.other_owner": ("it belongs to owner {about}", "属于部署 {about}"),
    "keep.edited": (
        "somebody has edited it: {about} is not as the worker writes it",
        "有人修改过：{about} 与工作进程写入的不一致",
    ),
    "keep.changed": (
        "its tags or its name have changed since it was listed",
        "列出之后标签或名称已改变",
    ),
    "keep.outlives": (
        "`audit --fix` set it to outlive its instance; delete it by hand if nobody misses it",
        "由 audit --fix 设为在实例释放后保留；确认无用后请手动删除",
    ),
    "keep.not_retained": ("it was a replacement's own disk", "曾是替代实例自己的磁盘"),
    "keep.undated": (
        "its recreation is not finished: it has no date yet",
        "重建尚未完成，没有到期日",
    ),
    "keep.not_due": ("its date has not come", "尚未到期"),
    "keep.attached": ("it is attached to {about}", "已挂载到 {about}"),
    "keep.unfinished": ("it is {about}", "状态为 {about}"),
    "keep.only_copy": (
        "no running replacement is there; this may be the only copy",
        "没有运行中的替代实例，这可能是唯一的副本",
    ),
    "keep.used": ("{about} uses it", "{about} 正在使用它"),
    "keep.strays": (
        "its snapshots {about} carry no tag of ours and would be left behind unseen",
        "其快照 {about} 没有本工具的标签，删除镜像后会被遗漏",
    ),
    "keep.later_writes": (
        "it may hold later writes than the image; name its id after --apply if nobody misses them",
        "可能有镜像之后写入的数据；确认无用后在 --apply 后写明其 ID",
    ),
    "keep.addresses": (
        "it keeps its addresses and costs nothing; name its id after --apply if nobody needs them",
        "它占用地址但不收费；确认无用后在 --apply 后写明其 ID",
    ),
    "keep.own_address": (
        (
            "the source was known by it; nothing has it, and it is billed by the hour; never deleted here:"
            " bind it, or give it back: aliyun vpc ReleaseEipAddress --AllocationId {about}"
        ),
        (
            "源实例原来的公网地址；未绑定任何资源，按小时计费；这里从不删除："
            "请绑定它，或归还：aliyun vpc ReleaseEipAddress --AllocationId {about}"
        ),
    ),
    "fate.deleted": ("deleted", "已删除"),
    "fate.gone": ("was gone already", "此前已不存在"),
    "fate.kept": ("kept", "保留"),
    "fate.refused": ("refused", "被拒绝"),
    "fate.unanswered": ("not known to be deleted; sweep again", "结果未知，请再次运行"),
}
