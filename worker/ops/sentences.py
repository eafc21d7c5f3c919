"""The product's own English sentences, as patterns, and how each reads in Chinese.

They come from the steps (why a recreation waits, why there is nothing to do), from the remarks of a
receipt, from the advice on parked messages, and from commands that fail. `{0}` is the pattern's first group.
"""

import re

from worker.ops.failure_sentences import FAILURES
from worker.ops.rule_sentences import SET_UP

_WAITING = (
    (r"the instance is not locked yet", "实例尚未被锁定"),
    (r"the instance is not there; look again", "查不到该实例，稍后再查"),
    (r"the source cannot be imaged: (.+)", "暂时无法制作镜像：{0}"),
    (r"the image exists but does not show yet", "镜像已存在但尚未显示"),
    (
        r"the source went before its capture; look for a sibling",
        "源实例在记录配置前已释放，查找同一重建的其他消息",
    ),
    (r"a change of the disks may still take effect", "对磁盘的更改可能尚未生效"),
    (r"a change of the interfaces may still take effect", "对网卡的更改可能尚未生效"),
    (r"its snapshots are not finished", "其快照尚未完成"),
    (r"the snapshot of the system disk is not finished", "系统盘快照尚未完成"),
    (r"the system disk takes no snapshot now", "系统盘暂时无法制作快照"),
    (r"the image does not show(?: yet)?", "镜像尚未显示"),
    (r"the source does not show", "暂时查不到源实例"),
    (r"the source puts its data in order", "源实例正在整理数据"),
    (r"the image begins", "镜像开始制作"),
    (r"the image is at (\d+) %", "镜像进度 {0} %"),
    (r"the image can still be harmed", "镜像尚未完成，停机可能使其失败"),
    (r"the image is not usable any more", "镜像不再可用"),
    (r"pausing before the candidates are tried", "稍候再尝试候选规格"),
    (r"waiting for the platform's stop", "等待平台停止源实例"),
    (r"the message is somebody else's by now", "消息已由其他工作进程接手"),
    (r"a disk is gone that still shows", "有磁盘已不存在但仍显示，稍后再试"),
    (r"the source has its private address", "等待源实例释放其私网地址"),
    (r"the public address becomes elastic", "公网地址正在转为弹性公网 IP"),
    (r"the source is not there; look again", "查不到源实例，稍后再查"),
    (r"the replacement is checked", "正在检查替代实例"),
    (r"the replacement is not healthy yet: (.+)", "替代实例尚未通过健康检查：{0}"),
    (r"the handover takes effect", "移交正在生效"),
    (r"the source stops", "源实例正在停机"),
    (r"the source is (\S+); the platform stops it", "源实例状态：{0}，等待平台停机"),
    (r"the source is stopped and still locked", "源实例已停止但仍被锁定"),
    (r"the source is not there(?:; look again)?", "查不到源实例，稍后再查"),
    (r"the source starts", "源实例正在启动"),
    (r"the source cannot be started: (.+)", "暂时无法启动源实例：{0}"),
    (r"the source is (\S+)", "源实例状态：{0}"),
    (r"the instance is not locked any more(?:; look again)?", "实例已不再被锁定"),
    (r"another launch under this token; look for it", "同一令牌已有下单，正在查找"),
    (r"the replacement does not show yet", "替代实例尚未显示"),
    (r"the replacement starts", "替代实例正在启动"),
    (r"the replacement is (\S+)", "替代实例状态：{0}"),
    (r"a second replacement is starting", "另有一台替代实例正在启动"),
    (
        r"(.+), from image (\S+), which is older than this notice; (.+)",
        "{0}，所用镜像 {1} 早于本次通知；{2}",
    ),
    (r"already recreated as (.+)", "已重建为 {0}"),
    (r"a later notice has the image (\S+)", "更晚的一次中断通知已有镜像 {0}"),
    (r"already recreated and cleaned up", "已重建并清理完毕"),
    (r"already recreated", "已重建"),
    (
        r"a drill leaves master-slave groups alone, since a handover makes new ones",
        "移交主备服务器组会新建服务器组，演练不涉及",
    ),
    (r"its recreation is not shown to be finished", "未能确认其重建已完成"),
    (r"its lease ended before it was deleted", "删除之前租约已到期"),
    (r"its lease ended before it was sent", "发送之前租约已到期"),
    (r"the notice was found to be a false alarm", "该中断通知已被判定为误报"),
    (
        r"image (\S+) is from an earlier notice, and the source is gone",
        "镜像 {0} 属于更早的一次中断通知，而源实例已释放",
    ),
    (r"the cloud never locked the instance", "云端始终未锁定该实例"),
    (r"another message of this interruption is in hand", "本次中断的另一条消息正在处理"),
    (r"nobody holds the message until its lease ends", "租约到期前无人持有该消息"),
    (
        r"whoever receives it goes on from the progress in it",
        "由收到该消息的工作进程按其中的进度继续",
    ),
)

_NOT_OURS = (
    (r"it is the worker's own host", "这是工作进程自己所在的主机"),
    (r"a drill launched it", "它由演练启动"),
    (r"it is not a spot instance", "不是抢占式实例"),
    (r"it belongs to the deployment (.+)", "属于另一套部署 {0}"),
    (r"a scaling group manages it", "由伸缩组管理"),
    (r"a Container Service cluster manages it", "由容器服务集群管理"),
    (r"a Kubernetes cluster manages it", "由 Kubernetes 集群管理"),
    (r"its tag (.+) asks to leave it alone", "标签 {0} 要求不处理"),
    (r"it lacks the tag (.+) that select asks for", "缺少 select 要求的标签 {0}"),
)

_PARKED = (
    (
        (
            r"instance (\S+) is not known in (\S+): it was released before it could be captured,"
            r" or never existed; (.+)"
        ),
        "{1} 中查不到实例 {0}：记录之前已释放，或从未存在；{2}",
    ),
    (
        (
            r"instance (\S+) was released before it could be imaged; its configuration was recorded"
            r" at (\S+), and what is left is: (.+)"
        ),
        "实例 {0} 在制作镜像前已释放；其配置记录于 {1}，仍保留的有：{2}",
    ),
    (r"none of its disks", "其磁盘均已不在"),
    (r"(d-\S.*); no rescue: (.+)", "{0}；不做救援启动：{1}"),
    (r"the configuration allows no lower rung", "配置未允许更低的启动方式"),
    (r"its system disk is not retained", "其系统盘未保留"),
    (r"it was recreated and cleaned up before", "此前已重建并清理完毕"),
    (r"disk (\S+) is in use elsewhere", "磁盘 {0} 正被其他实例使用"),
    (r"nothing of it was saved by us", "本工具没有保存它的任何内容"),
    (r"its image is (\S+)", "其镜像为 {0}"),
    (r"the source went before its image began", "源实例在开始制作镜像前已释放"),
    (
        r"the source went before it could be captured; its image exists",
        "源实例在记录配置前已释放；其镜像存在",
    ),
    (r"the cloud refuses to make the image", "云端拒绝制作镜像"),
    (r"image (\S+) has our name but is not ours", "镜像 {0} 占用了本次重建的名称，但不属于本工具"),
    (r"image (\S+) has our name but no tag of ours", "镜像 {0} 占用了本次重建的名称，但没有标签"),
    (r"image (\S+) vanished", "镜像 {0} 消失了"),
    (r"image (\S+) is still at (\d+) %", "镜像 {0} 仍停留在 {1} %"),
    (r"image (\S+) is ([^; ]+)", "镜像 {0} 状态：{1}"),
    (r"snapshot (\S+) is ([^; ]+)", "快照 {0} 状态：{1}"),
    (r"its snapshots are not finished either", "其快照也未完成"),
    (r"the snapshots cannot be used: (\S+)", "快照无法使用：{0}"),
    (r"no disk of the source can be booted from", "源实例没有可启动的磁盘"),
    (r"the system disk is not retained", "系统盘未保留"),
    (r"no candidate is in the zone of the disks", "磁盘所在可用区没有候选"),
    (r"the base image ([^; ]*) cannot be launched from", "基础镜像 {0} 无法启动"),
    (r"the base image (\S+) has data disks of its own", "基础镜像 {0} 自带数据盘"),
    (r"a data disk is neither imaged nor retained", "有数据盘既无镜像也未保留"),
    (r"there is no finished automatic snapshot", "没有已完成的自动快照"),
    (r"no disk of the source is retained", "源实例没有保留任何磁盘"),
    (r"retained: (.+)", "已保留：{0}"),
    (r"(\S+) cannot be had", "无法取得 {0}"),
    (
        r"none of the candidates could be had \(candidates: (\d+), epochs: (\d+)\)",
        "{0} 个候选在 {1} 轮尝试中均不可用",
    ),
    # Messages of older releases say it so.
    (r"none of (\d+) candidates could be had", "{0} 个候选都不可用"),
    (r"the configuration forbids every candidate", "配置排除了所有候选"),
    (
        r"instance (\S+) is stopped, and its lock was never seen",
        "实例 {0} 已停止，但从未见到它被锁定",
    ),
    (r"(\S+) is still (\S+)", "{0} 仍为 {1}"),
    (
        r"(\S+) is not there, and nobody looked for (\S+) s after it was accepted: .+",
        "{0} 已不存在，且请求被接受后 {1} 秒内无人查看：它可能运行过并已被回收",
    ),
    (r"(\S+) does not pass its health check: (.+)", "{0} 未通过健康检查：{1}"),
    (r"it is one too many beside (\S+)", "它是 {0} 之外多出的一台"),
    (
        r"it was marked as one too many beside (\S+), which is gone",
        "它曾被标记为 {0} 之外多出的一台，而后者已不存在",
    ),
    (r"its lineage was recreated (\d+) times within a day", "该谱系一天内已重建 {0} 次"),
    (r"still waiting: (.+)", "仍在等待：{0}"),
    (r"passed on (\d+) times", "已转发 {0} 次"),
    (r"(\d+) launches were refused with unknown codes", "{0} 次下单被以未知错误码拒绝"),
    (r"no end after (\d+) more runs", "又运行 {0} 次仍未结束"),
)

_REPLAYED = (
    (r"its VPC has no subnet in (\S+)", "其 VPC 在 {0} 没有交换机"),
    (
        r"it tells of several sources: replay it as it is",
        "其中有多个源实例：请不加修改地重放",
    ),
    (r"the event is for account (\S+), not (\S+)", "事件属于账号 {0}，而不是 {1}"),
    (r"the event is for region (\S+), not (\S+)", "事件属于地域 {0}，而不是 {1}"),
    (r"the progress is of owner (\S+), not (\S+)", "进度属于部署 {0}，而不是 {1}"),
    (r"the body is neither JSON nor base64", "消息正文既不是 JSON 也不是 base64"),
    (r"the body is not (?:valid )?JSON(?:.*)", "消息正文不是有效的 JSON"),
    (r"the body is JSON but not an event", "消息正文是 JSON，但不是事件"),
    (r"the body is a JSON object but not an event", "消息正文是 JSON 对象，但不是事件"),
    (r"the event names no valid instance id", "事件中没有有效的实例 ID"),
    (r"the event carries no data", "事件没有数据"),
    (r"the event is wrapped too often", "事件的包装层数过多"),
    (r"the event names an invalid account id", "事件中的账号 ID 无效"),
    (r"the event names two accounts or two regions", "事件中有两个不同的账号或地域"),
    (r"the alert names no event", "告警中没有事件"),
    (r"the message wrapper holds no message", "消息的包装里没有消息"),
    (r"the body is a list without an event", "消息正文是不含事件的列表"),
    (r"the body is not UTF-8", "消息正文不是 UTF-8"),
    (r"the body is larger than (\d+) bytes", "消息正文超过 {0} 字节"),
    (r"the body has more than (\d+) events", "消息正文中的事件超过 {0} 个"),
    (r"the body is nested deeper than (\d+)", "消息正文的嵌套超过 {0} 层"),
    (r"(.+) is nested deeper than (\d+)", "{0} 的嵌套超过 {1} 层"),
    (r"(.+) is not valid JSON", "{0} 不是有效的 JSON"),
    (r"(.+) is not a JSON number", "{0} 不是 JSON 数字"),
    (r"a key stands twice in one object", "同一对象中有重复的键"),
    (r"a list has more than (\d+) items", "列表超过 {0} 项"),
    (r"a number has more than (\d+) digits", "数字超过 {0} 位"),
    (r"an object has more than (\d+) keys", "对象的键超过 {0} 个"),
    (r"(.+) speaks of an interruption", "{0} 中提到了中断"),
    (r"a call without an event", "没有事件的调用"),
    (r"an alert that is resolved", "已恢复的告警"),
    (r"progress has format (\S+), not (\S+)", "进度的格式是 {0}，而不是 {1}"),
    (r"the worker failed to read the message", "工作进程读取消息时出错"),
    (r"it is no capture of form (\S+)", "它不是格式 {0} 的配置记录"),
    (r"it cannot be read", "它无法读取"),
    (r"(\S+) is held back by our own limiter", "{0} 被本程序自己的限流推迟"),
    (r"(\S+) does not come to an end", "{0} 的分页没有尽头"),
    (r"(\S+) answered without (\S+)", "{0} 的应答中没有 {1}"),
    (r"the progress cannot be decoded", "进度无法解码"),
    (r"our own message came back without its signature", "本工具的消息丢失了签名"),
    (
        r"its capture is of another instance, account or region",
        "其记录属于另一实例、账号或地域",
    ),
    (r"(\S+) cannot be read as a capture", "{0} 无法作为记录读取"),
    (r"its signature is not ours", "其签名不是本工具的"),
    (r"an event of type (.+)", "类型为 {0} 的事件"),
    (r"an event named (.+)", "名为 {0} 的事件"),
    (r"a timer's call", "定时器的调用"),
    (r"an object of an unknown form", "形式未知的对象"),
)

_REMARKS = (
    (r"tags of (.+)", "{0} 的标签"),
    (r"member of (\S+) port (\d+)", "{0} 的后端服务器（端口 {1}）"),
    (r"member of (\S+)", "{0} 的后端服务器"),
    (r"network interface (\S+)", "弹性网卡 {0}"),
    (r"elastic addresses", "弹性公网 IP"),
    (r"network interfaces", "弹性网卡"),
    (r"load balancers", "负载均衡"),
    (r"they could not be looked up in time", "未能及时查到"),
    (r"it is not there any more", "它已不存在"),
    (r"attached as (/dev/\S+)", "已挂载为 {0}"),
    (r"something else has it by now", "现已属于其他资源"),
    (r"(\S+) has it by now", "现已属于 {0}"),
    (r"it was busy for too long", "长时间处于忙碌状态"),
    (r"it does not show yet", "尚未显示"),
    (r"the replacement does not show its interface", "替代实例的网卡尚未显示"),
    (r"the replacement is in another zone", "替代实例在另一个可用区"),
    (r"the source still runs", "源实例仍在运行"),
    (r"somebody has taken the source out of it", "源实例已被他人移出"),
    (
        r"nothing led to its group, whose servers cannot be changed",
        "没有监听指向其主备服务器组，而该组的服务器无法更改",
    ),
    (
        r"(\S+) took its place, for its servers cannot be changed; delete the old one by hand",
        "该组的服务器无法更改，已由 {0} 取代；请手动删除旧组",
    ),
    (
        r"made twice with (\S+), and nothing leads to it; delete it by hand",
        "与 {0} 重复创建，没有监听指向它；请手动删除",
    ),
    (
        r"made twice with (\S+), and nothing leads to it; sweep deletes it a day later",
        "与 {0} 重复创建，没有监听指向它；一天后由 sweep 删除",
    ),
    (r"(.+), (\d+) of (\d+), epoch (\d+): (.+)", "{0}（第 {3} 轮，{1}/{2}）：{4}"),
    (r"(.+), (\d+) of (\d+), epoch (\d+)", "{0}（第 {3} 轮，{1}/{2}）"),
    (
        r"not installed: install (\S+)",
        "未安装：请安装 {0}",
    ),
    (r"tag (.+)", "标签 {0}"),
    (r"public address (.+)", "公网地址 {0}"),
    (r"elastic address (.+)", "弹性公网 IP {0}"),
    (r"disk (\S+) of (\S+)", "{1} 的磁盘 {0}"),
    (r"disk (.+)", "磁盘 {0}"),
    (r"server group (\S+)", "服务器组 {0}"),
    (r"bandwidth of (\d+) Mbit/s", "{0} Mbit/s 的带宽"),
    (r"a launch may ask for 100 at most", "下单时最多可要求 100"),
    (r"hop limit of (\d+) of the metadata", "元数据访问的跳数限制 {0}"),
    (r"release at (\S+)", "定于 {0} 的自动释放"),
    (r"secondary addresses (.+)", "辅助私网地址 {0}"),
    (
        r"source and destination check of the primary interface",
        "主网卡的源/目的地址检查",
    ),
    (r"name of the primary interface", "主网卡的名称"),
    (r"description of the primary interface", "主网卡的描述"),
    (r"storage set of (\S+)", "磁盘 {0} 的存储集"),
    (r"automatic snapshots of (\S+) being off", "磁盘 {0} 关闭自动快照的设置"),
    (r"automatic snapshots outliving (\S+)", "磁盘 {0} 释放后保留自动快照的设置"),
    (r"the configuration does not hand it over", "配置未要求移交"),
    (r"the replacement would end with it", "否则替代实例会随之释放"),
    (r"the source has them until it is gone", "源实例释放之前一直占用"),
    (r"a launch asks for one set for all disks", "下单时所有磁盘只能指定同一个存储集"),
    (r"it is valid for the source's type alone", "仅对源实例的规格有效"),
    (r"subnet (\S+)", "交换机 {0}"),
    (r"the replacement is in another one of its zone", "替代实例在同可用区的另一个交换机"),
    (r"it belongs to the source's zone", "属于源实例所在的可用区"),
    (r"the system disk outliving the replacement", "系统盘在替代实例释放后保留"),
    (r"a launch cannot ask for it", "下单时无法要求"),
    (r"reading the source's attributes", "读取源实例的属性"),
    (r"reading the source's interfaces", "读取源实例的网卡"),
    (r"the role may not read them", "角色没有读取权限"),
    (r"instance (.+)", "实例 {0}"),
    (r"tags on the retained disks", "保留磁盘上的标签"),
    (r"tags on the disks of the source", "源实例磁盘上的标签"),
    (r"tags on network interface (\S+)", "弹性网卡 {0} 的标签"),
    (r"tags on elastic address (\S+)", "弹性公网 IP {0} 的标签"),
    (r"they could not be set in time", "未能及时设置"),
    (r"disks outliving the instance", "让磁盘在实例释放后保留"),
    (r"stopping the source before the takeover", "接管前停止源实例"),
    (r"restore disks", "恢复磁盘设置"),
    (r"restore network interface (\S+)", "恢复弹性网卡 {0} 的设置"),
    (r"it names an address, not a server", "它按地址登记，而非按服务器"),
    (
        r"what had not arrived went on to (\S+), because this one was reclaimed before",
        "尚未到达的内容已转交 {0}：本实例在此之前已被回收",
    ),
    (
        r"the replacement was reclaimed before it arrived; give it to its successor by hand",
        "替代实例在其到达之前已被回收；请手动移交给后续实例",
    ),
    (r"the source runs again", "源实例已重新运行"),
    (r"date disks", "给保留磁盘标注日期"),
    (r"date network interfaces", "给弹性网卡标注日期"),
    (r"date snapshots", "给快照标注日期"),
    (r"date image of snapshots", "给快照镜像标注日期"),
    (r"date image of an earlier notice", "给更早一次通知的镜像标注日期"),
    (r"date image of an automatic snapshot", "给自动快照镜像标注日期"),
    (r"date system snapshot", "给系统盘快照标注日期"),
    (r"a snapshot of the system disk alone", "仅对系统盘制作快照"),
    (r"it is in no image and was not retained", "不在任何镜像中，也未保留"),
    (
        r"what was written to it before the last notice and after the image began is on it alone",
        "镜像开始制作之后、最后一次通知之前写入的数据只在该磁盘上",
    ),
    (
        r"what was written to it before the last notice and after the image began is lost with it",
        "镜像开始制作之后、最后一次通知之前写入的数据已随该磁盘丢失",
    ),
    (
        r"it was retained, but it is gone or is set to go with the source",
        "曾被保留，但已不存在，或已被设为随源实例释放",
    ),
    (
        r"it was not on the source any more when its disks were retained",
        "保留磁盘时，它已不在源实例上",
    ),
    (
        r"it was set to outlive the source before, so it got no tag and no date of ours",
        "原本就设置为在源实例释放后保留，因此没有加上本工具的标签和日期",
    ),
    (r"disk (\S+) of (\S+)", "磁盘 {0}（{1}）"),
    (
        (
            r"it booted from the image that its line began with: its system disk is new, and the"
            r" source's disks are attached as data disks"
        ),
        "从最初的镜像启动：系统盘是新的，源实例的磁盘作为数据盘挂载",
    ),
    (
        r"its system disk is that of an automatic snapshot, as of (\S+)",
        "系统盘来自自动快照，数据截至 {0}",
    ),
    (
        r"its image was begun at (\S+), before the last notice: what came later is on the disks",
        "镜像开始制作于 {0}，早于最后一次通知：此后写入的数据在磁盘上",
    ),
    (r"the replacement is not set up to serve", "替代实例尚未配置为可提供服务"),
    (r"date image", "给镜像标注日期"),
    (r"retaining the disks", "保留磁盘"),
    (r"the health check of the replacement", "替代实例的健康检查"),
    (r"it never passed: (.+)", "始终未通过：{0}"),
    (r"the replacement is gone or being reclaimed", "替代实例已不存在或正在被回收"),
    (r"no answer", "没有应答"),
    (r"user data", "用户数据"),
    (r"it is too large for a message", "超出消息容量"),
    (r"sealed with another key", "由另一把密钥加密"),
    (r"the configuration of the source", "源实例的配置"),
    (r"it is that of (\S+), which was recorded before the notice", "采用通知之前于 {0} 记录的配置"),
    (r"the source is gone", "源实例已不存在"),
    (r"quiescing the source", "制作镜像前在源实例内执行命令"),
    (r"the event came too late for it", "事件来得太晚，来不及执行"),
    (r"it did not end in time", "未在时限内结束"),
    (r"refused candidates", "被拒绝的候选"),
    (r"the source's tags in the receipt", "回执中的源实例标签"),
    (r"the tags of single disks and interfaces", "单个云盘与网卡的标签"),
    (r"the timeline", "时间线"),
    (r"a resource holds 20 tags and ours come first", "一个资源最多 20 个标签，本工具的优先"),
    (r"a static public address dies with its instance", "固定公网地址随实例释放"),
    (
        r"it stays allocated in the account; bind it to the replacement by hand",
        "它仍保留在账号中，请手动绑定到替代实例",
    ),
    (
        r"a static public address is lost when its instance is stopped",
        "实例停机后固定公网地址丢失",
    ),
    (
        (
            r"it stays stopped \((.+)\), and its disks are paid for: delete it when the clone is"
            r" good"
        ),
        "它保持停机（{0}），其磁盘继续计费：确认替代实例无误后请删除它",
    ),
    (r"its image is begun", "镜像已开始制作"),
    (r"it does not start", "未能启动"),
    (
        r"(\S+) was launched for an earlier notice, and the source was reclaimed beside it",
        "{0} 是为此前的通知启动的，源实例在它仍然存在时又被回收",
    ),
    (
        r"its notice was taken back after it had been stopped: it stays, and is paid for",
        "停机之后平台撤回了回收通知：源实例仍然保留并继续计费",
    ),
    (
        r"it was made elastic for a notice that was taken back, and stays so",
        "为随后被撤回的通知转成了弹性公网 IP，此后保持不变",
    ),
    (
        r"started beside its replacement; stop it by hand",
        "它在替代实例之外被启动，请手动停止",
    ),
    (
        r"it still runs beside its replacement; two copies run, stop one of them by hand",
        "它仍与替代实例同时运行；两台都在运行，请手动停止其中一台",
    ),
    (
        r"the configuration drops it, if there was any: what it did is in the image",
        "配置为不保留（如果有）：它所做的已在镜像中",
    ),
    (r"a local disk dies with its host", "本地盘随宿主机丢失"),
    (r"a second replacement; delete it by hand", "多余的替代实例，请手动删除"),
    (r"the progress would not fit into a message", "进度超出消息容量"),
    (r"the image is not there", "镜像不存在"),
    (r"unanswered", "没有应答"),
)

_CANDIDATES = (
    (r"(\S+) in (\S+) \(spot\)", "{1} 的 {0}（抢占式）"),
    (r"(\S+) in (\S+) \(pay-as-you-go\)", "{1} 的 {0}（按量付费）"),
    (r"the source's type in another zone", "源实例的规格，另一可用区"),
    (r"the source's own type and zone", "源实例自己的规格与可用区"),
    (
        r"the source's own type and zone, which have just reclaimed it",
        "源实例自己的规格与可用区，刚刚将其回收，故排在最后",
    ),
    (r"another type of the same memory, (\d+) vCPU", "内存相同的另一规格，{0} vCPU"),
    (
        r"another type of the same memory, (\d+) vCPU, in another zone",
        "内存相同的另一规格，{0} vCPU，另一可用区",
    ),
    (
        r"another type of the same memory, (\d+) vCPU, preferred as (\S+)",
        "内存相同的另一规格，{0} vCPU，按配置 {1} 优先",
    ),
    (
        r"another type of the same memory, (\d+) vCPU, preferred as (\S+), in another zone",
        "内存相同的另一规格，{0} vCPU，按配置 {1} 优先，另一可用区",
    ),
    (r"not to be reclaimed; after all of spot", "不会被回收；排在所有抢占式候选之后"),
    (r"asked for in a replay", "重放时指定"),
)

_ADVICE = (
    (
        r"See that a worker runs, then replay it: .+",
        "请确认有工作进程在运行，然后重放：没有工作进程处理完它；已在此期间完成的会被移除，不会重复。",
    ),
    (
        r"Replay it: its interruption has reached no worker yet; .+",
        "请重放：还没有工作进程收到这次中断；然后运行 aliyun-ops doctor 查找未能投递的原因。",
    ),
    (
        r"Read the body as it was delivered; .+",
        "查看消息原文；如果确是本工具的事件，请修正规则目标后重放该消息。",
    ),
    (
        r"Find out who can send to this queue: .+",
        "查明谁能向该队列发消息：事件属于其他账号或地域。",
    ),
    (
        r"The instance was released before it could be imaged: .+",
        "实例在制作镜像前已释放：请查找仍保留的磁盘和它的快照。",
    ),
    (
        r"Nobody saw the lock of this instance, .+",
        "没有见到该实例被锁定，但它已停止且磁盘仍在：如果确实被中断，请启动它。",
    ),
    (
        r"The image failed and cannot be launched from: .+",
        "镜像制作失败：进度中列出的磁盘仍然保留，请挂载到同一可用区的实例。",
    ),
    (r"Wait for the image in the console; .+", "在控制台等待镜像可用，然后重放该消息。"),
    (
        r"Decide which data counts: the replacement of an earlier notice still .+",
        "请确定以哪份数据为准：此前通知的替代实例仍然存在；如需另建，请删除它后重放。",
    ),
    (
        r"Another image has the name of this recreation: .+",
        "另有镜像占用了本次重建的名称：请改名后重放。",
    ),
    (
        r"The replacement was accepted but does not get to Running: .+",
        "替代实例已下单但未能运行：请在控制台查看，启动它，或删除后重放。",
    ),
    (
        r"Find out which one served: this one was marked as one too many, .+",
        (
            "查明由哪一台提供服务：本实例曾被标记为多出的一台，而另一台已不存在。镜像和磁盘都已保留；"
            "需要重建它时请重放。"
        ),
    ),
    (
        r"Its pool takes it back again and again, .+",
        (
            "资源池反复回收该实例，因此未启动替代实例：镜像和磁盘都已保留。资源池平稳后请重放，"
            "重放会立即继续；上限是 limits.generations_per_day。"
        ),
    ),
    (
        r"The source's private address is not free: .+",
        "源实例的私网地址未释放：请查明谁在使用，或将 handover.private_ip 设为 same_or_fast，然后重放。",
    ),
    (
        r"The replacement runs, but its health check never passed, .+",
        (
            "替代实例在运行，但健康检查始终未通过，因此等待检查的部分都没有移交：请查看其上的服务，"
            "然后重放，重放会再次检查；health.otherwise: proceed 则照样移交。"
        ),
    ),
    (r"No candidate could be had: .+", "没有候选可用：有库存后请重放；候选在通知到来时已固定。"),
    (
        r"The cloud refuses the call for good: .+",
        "云端拒绝该调用：请按错误码处理（权限、配额、参数）后重放。",
    ),
    (r"The time for this recreation is over: .+", "本次重建已超时：请查看最后的错误，然后重放。"),
    (
        r"The message was passed on too often, .+",
        "消息转发次数过多，这是缺陷：请附日志报告，然后重放。",
    ),
    (
        r"The worker met an error that it does not know: .+",
        "遇到未知错误：请附日志报告，然后重放。",
    ),
)

_DEMO = (
    (r"(\S+) is still running", "{0} 仍在运行"),
    (r"(\S+) ended with code (-?\d+)", "{0} 以代码 {1} 结束"),
    (r"(.+); its last line: (.+)", "{0}；最后一行：{1}"),
    (r"the emulator did not start: (.+)", "模拟器未能启动：{0}"),
    (r"the worker did not start: (.+)", "工作进程未能启动：{0}"),
    (r"the rule is not set up: (.+)", "规则未能设置：{0}"),
    (r"a process ended by itself: (.+)", "有进程意外结束：{0}"),
    (r"the worker did not stop (?:when asked|in good order): (.+)", "工作进程未能正常停止：{0}"),
    (
        r"the recreation is not over (\d+) s after the notice; it waits: (.+)",
        "通知后 {0} 秒重建仍未结束；正在等待：{1}",
    ),
    (r"the recreation was parked; (.+)", "重建已被搁置；{0}"),
    (r"the emulator refuses (\S+): (.+)", "模拟器拒绝 {0}：{1}"),
    (r"the emulator does not answer (\S+): (.+)", "模拟器没有应答 {0}：{1}"),
    (r"the emulator has no instance (\S+)", "模拟器中没有实例 {0}"),
    (
        r"the cloud has not released the source at the announced time",
        "云端没有在预告的时间释放源实例",
    ),
)

SENTENCES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), chinese)
    for pattern, chinese in (
        *FAILURES,
        *_WAITING,
        *_NOT_OURS,
        *_PARKED,
        *_REPLAYED,
        *_REMARKS,
        *_CANDIDATES,
        *_ADVICE,
        *_DEMO,
        *SET_UP,
    )
)
