"""The demo's part of the table of texts, in English and in Chinese.

`said.` is a fact of the recreation in plain words, `saved.`, `now.` and `you.` the three lines under the
panel, `verdict.` a claim that was checked, `scenario.` what a scenario is about.
"""

from collections.abc import Mapping

DEMO_TEXTS: Mapping[str, tuple[str, str]] = {
    # -- the demo: what happens, in plain words ----------------------------------------------------
    "said.mark.event received": (
        "Notice: the cloud takes the server back at T0 + 300 s.",
        "收到通知：云端将在 T0 + 300 秒收回这台服务器。",
    ),
    "said.mark.confirmed by the cloud": (
        "Confirmed by the cloud: the server is locked for reclaiming.",
        "云端确认：服务器已被锁定，等待回收。",
    ),
    "said.mark.disks retained": (
        "Its disks will outlive it: {what}.",
        "磁盘将在服务器释放后保留：{what}。",
    ),
    "said.mark.source asked to quiesce": (
        "A command inside the server puts its data in order before the image.",
        "制作镜像前，在服务器内执行命令整理数据。",
    ),
    "said.mark.source quiesced": (
        "The command has ended well: what was in memory is on disk.",
        "命令成功结束：内存中的数据已落盘。",
    ),
    "said.mark.image accepted": (
        "Image {what} begun: everything that was on disk then will be in it.",
        "镜像 {what} 开始制作：开始时已落盘的数据都会在其中。",
    ),
    "said.mark.source captured": (
        "Configuration recorded: name, tags, network, key pair, role, disks.",
        "配置已记录：名称、标签、网络、密钥对、角色、磁盘。",
    ),
    "said.mark.image usable": ("Image ready.", "镜像可用。"),
    "said.mark.source asked to stop": (
        "The old server is asked to stop, so that never two serve at once.",
        "通知旧服务器停机，避免两台同时提供服务。",
    ),
    "said.mark.source stopped or gone": ("The old server has stopped.", "旧服务器已停止。"),
    "said.mark.image failed": (
        "Image {what} is lost: the next thing to boot from is looked for.",
        "镜像 {what} 不可用：改用下一种启动来源。",
    ),
    "said.mark.system snapshot accepted": (
        "Snapshot {what} of the system disk begun: the data disks will move themselves.",
        "系统盘快照 {what} 开始制作：数据盘将直接迁移。",
    ),
    "said.mark.rescue from the base image": (
        "Rescue: boot image {what}, on which this server began, and attach its disks.",
        "救援：从最初的镜像 {what} 启动，并挂载原有磁盘。",
    ),
    "said.mark.image of an automatic snapshot accepted": (
        "Image {what} is made of an automatic snapshot: its data is older than the notice.",
        "正在用自动快照制作镜像 {what}：其数据早于本次通知。",
    ),
    "said.mark.disk attached": (
        "Disk {what} itself is on the replacement.",
        "磁盘 {what} 已直接挂到替代实例。",
    ),
    "said.mark.image of its snapshots accepted": (
        "Image {what} is made of the snapshots.",
        "正在用快照制作镜像 {what}。",
    ),
    "said.mark.start refused": (
        "The cloud refuses to start it again ({what}): it is cloned.",
        "云端拒绝重新启动（{what}）：改为克隆。",
    ),
    "said.mark.source started in place": (
        "The server {what} runs again, in its place.",
        "服务器 {what} 已在原地重新运行。",
    ),
    "said.mark.replacement accepted": ("Replacement {what} ordered.", "替代实例 {what} 已下单。"),
    "said.mark.replacement running": (
        "Replacement {what} is running.",
        "替代实例 {what} 已运行。",
    ),
    "said.mark.replacement healthy": (
        "The service on the replacement passes its health check.",
        "替代实例上的服务已通过健康检查。",
    ),
    "said.mark.elastic address moved": (
        "Elastic address {what} leads to the replacement.",
        "弹性公网 IP {what} 已指向替代实例。",
    ),
    "said.mark.load balancer member moved": (
        "The replacement has the old server's place in {what}.",
        "替代实例已接替旧实例在 {what} 中的位置。",
    ),
    "said.mark.network interface moved": (
        "Network interface {what} is on the replacement.",
        "弹性网卡 {what} 已挂到替代实例。",
    ),
    "said.waiting": ("Waiting: {reason}.", "等待：{reason}。"),
    "said.refused": (
        "Refused: {reason}, {what}. The next candidate is tried.",
        "被拒绝：{reason}，{what}。尝试下一个候选。",
    ),
    "said.received_again": (
        "The same notice again; one of them leads, nothing is done twice.",
        "同一通知再次到达；只处理一份，不会重复执行。",
    ),
    "said.duplicate": (
        "A copy of the notice is put away.",
        "通知的副本已处理掉。",
    ),
    "said.written": (
        "The progress is written to the queue: any worker could go on from here.",
        "进度已写入队列：任何工作进程都可以从这里继续。",
    ),
    "said.resumed": (
        "The message is visible again; a worker goes on from the progress in it.",
        "消息重新可见；工作进程按其中的进度继续。",
    ),
    "said.lease_lost": (
        "A lease ran out: whoever receives the message goes on.",
        "租约到期：由收到该消息的进程继续。",
    ),
    "said.failed": ("A call failed, it is tried again: {reason}", "调用失败，将重试：{reason}"),
    "said.moot": ("A copy finds it done: {reason}.", "另一份消息发现已完成：{reason}。"),
    "said.parked": (
        "It cannot go on and is parked in the dead-letter queue: {reason}",
        "无法继续，已搁置到死信队列：{reason}",
    ),
    "said.bug": ("The worker met an unknown error; see its log.", "工作进程遇到未知错误，见日志。"),
    "said.finished": ("Cleaned up and finished.", "清理完毕，重建完成。"),
    "said.interrupted": (
        "The cloud decides to take {what} back (T0).",
        "云端决定收回 {what}（T0）。",
    ),
    "said.killed": (
        "The worker is killed (kill -9) and a new one starts; the message shows when its lease ends.",
        "工作进程被强制终止（kill -9），另一个启动；租约到期后消息重新可见。",
    ),
    "said.late": (
        "The server goes on writing; files written after the image was begun: {what}.",
        "服务器仍在写入：镜像开始后又写入 {what} 个文件。",
    ),
    "said.released": (
        "The time is up: the cloud has released the old server.",
        "时间到：云端已释放旧服务器。",
    ),
    # -- the demo: set-up --------------------------------------------------------------------------
    "demo.title": ("{scenario}: {what}", "{scenario}：{what}"),
    "demo.real_time": ("{speed} × real time", "{speed} 倍速"),
    "demo.emulator": (
        "A small Alibaba Cloud runs on this machine: {url}",
        "本机已启动一个小型阿里云：{url}",
    ),
    "demo.source": (
        "A spot instance serves: {source} “{name}”, {type} in {zone}",
        "一台抢占式实例正在服务：{source} “{name}”，{type}，{zone}",
    ),
    "demo.rule": (
        "EventBridge rule, queue and dead-letter queues are set up (aliyun-ops rule apply)",
        "EventBridge 规则、队列和死信队列已就绪（aliyun-ops rule apply）",
    ),
    "demo.worker": (
        "A worker polls the queue (aliyun-ops run)",
        "工作进程正在轮询队列（aliyun-ops run）",
    ),
    "demo.function": (
        "A function waits: trigger and timers call it as in Function Compute (aliyun-ops function)",
        "函数已就绪：由触发器和定时器像在函数计算中那样调用（aliyun-ops function）",
    ),
    "demo.written": (
        "The server has {files} files and {records} journal records on disk",
        "服务器上已落盘 {files} 个文件、{records} 条日志记录",
    ),
    "demo.sold_out": (
        "{type} is sold out in: {zones}",
        "{type} 在以下可用区无库存：{zones}",
    ),
    "demo.copies": (
        "The cloud will deliver the notice {number} times",
        "云端会把通知投递 {number} 次",
    ),
    "demo.logs": ("The logs are in {directory}", "日志在 {directory}"),
    # -- the demo: the panel -----------------------------------------------------------------------
    "panel.release": ("release at T0 + {notice} s", "T0 + {notice} 秒释放"),
    "panel.saved": ("Saved", "已保住"),
    "panel.now": ("Now", "正在"),
    "panel.you": ("You", "您需要"),
    "saved.nothing": ("nothing yet", "尚无"),
    "saved.disks": ("the disks outlive the server: {disks}", "磁盘会在释放后保留：{disks}"),
    "saved.imaging": (
        "the disks; an image begun at {point} is being made",
        "磁盘；{point}开始的镜像正在制作",
    ),
    "saved.imaging_alone": (
        "nothing yet; an image begun at {point} is being made",
        "尚无；{point}开始的镜像正在制作",
    ),
    "saved.image": (
        "all data up to {point}, in image {image}; the disks too",
        "{point}前的全部数据，在镜像 {image} 中；磁盘也已保留",
    ),
    "saved.image_alone": (
        "all data up to {point}, in image {image}",
        "{point}前的全部数据，在镜像 {image} 中",
    ),
    "now.over": ("done", "已完成"),
    "now.parked": ("parked, a person must act", "已搁置，需要人工处理"),
    "you.nothing": ("do nothing", "无需操作"),
    "you.late": (
        "do nothing; what is written from now on stays on the kept disks only",
        "无需操作；此后写入的数据只留在保留的磁盘上",
    ),
    "you.check": (
        "check your service on {replacement}; see the receipt",
        "请检查 {replacement} 上的业务；见回执",
    ),
    # -- the demo: the verdict ---------------------------------------------------------------------
    "verdict.title": (
        "Was anything lost? Asked of the cloud, not of the worker:",
        "数据有没有丢？直接查云端，不听工作进程的：",
    ),
    "verdict.disk": (
        "{device}: {files} files and {records} journal records were on disk before T0: all there",
        "{device}：T0 之前已落盘 {files} 个文件、{records} 条日志记录，全部都在",
    ),
    "verdict.disk_itself": (
        "{device}: {files} files and {records} journal records were on disk before T0: all on {disk} itself",
        "{device}：T0 之前已落盘 {files} 个文件、{records} 条日志记录，全部在磁盘 {disk} 上",
    ),
    "verdict.nobody": ("nothing was launched", "没有启动任何实例"),
    "verdict.launched": (
        "something was launched although it was parked: {replacements}",
        "已搁置却仍启动了实例：{replacements}",
    ),
    "verdict.parked": (
        "one message is parked with its reason and what to do: {queues}",
        "一条消息已搁置，附有原因和处理办法：{queues}",
    ),
    "verdict.parked_well": (
        "Parked with every disk kept and named: a person decides.",
        "已搁置，所有磁盘均已保留并写明，由人工决定。",
    ),
    "verdict.disk_bad": (
        "{device}: of {files} files and {records} journal records these are missing: {missing}",
        "{device}：{files} 个文件、{records} 条日志记录中缺失：{missing}",
    ),
    "verdict.no_disk": (
        "{device}: the replacement has no such disk",
        "{device}：替代实例没有这块磁盘",
    ),
    "verdict.one": (
        "exactly one replacement was launched: {replacement}",
        "只启动了一台替代实例：{replacement}",
    ),
    "verdict.in_place": (
        "the server itself runs again, and none was launched beside it: {replacement}",
        "原服务器已重新运行，没有另外启动实例：{replacement}",
    ),
    "verdict.not_one": (
        "{number} replacements were launched: {replacements}",
        "启动了 {number} 台替代实例：{replacements}",
    ),
    "verdict.same": (
        "it has the name and the tags of the source",
        "名称和标签与源实例一致",
    ),
    "verdict.not_same": ("its name or tags differ: {what}", "名称或标签不同：{what}"),
    "verdict.queues": (
        "the queue is empty, nothing is in the dead-letter queue",
        "队列已空，死信队列中没有消息",
    ),
    "verdict.messages": ("messages are left: {queues}", "仍有消息：{queues}"),
    "verdict.late": (
        "the files written after the image are on the kept disks {disks}",
        "镜像之后写入的文件在保留的磁盘 {disks} 上",
    ),
    "verdict.late_bad": (
        "files written after the image are not on the kept disks: {missing}",
        "镜像之后写入的文件不在保留的磁盘上：{missing}",
    ),
    "verdict.calls": (
        "the cloud understood every request",
        "云端理解了每一个请求",
    ),
    "verdict.complaints": ("the cloud did not understand: {what}", "云端无法理解：{what}"),
    "verdict.good": (
        "Recovered and verified, {after} s after the notice.",
        "已恢复并核实，通知后 {after} 秒。",
    ),
    "verdict.bill": (
        "{invocations} invocations, {seconds} s billed: {gb_seconds} GB-s; the original in the same cloud: {original} GB-s",
        "{invocations} 次调用，计费 {seconds} 秒：{gb_seconds} GB·秒；原版函数在同一云中：{original} GB·秒",
    ),
    "failure.claims": ("a claim does not hold; see ✗ above", "有结论不成立，见上方 ✗"),
    "failure.logs": (
        "{scenario}: {why}; the logs are in {directory}",
        "{scenario}：{why}；日志在 {directory}",
    ),
    # -- the demo: scenarios -----------------------------------------------------------------------
    "scenario.same-type": (
        "the same type is in stock in the same zone",
        "同可用区有同规格库存",
    ),
    "scenario.no-stock": (
        "the type is sold out in every zone; another type of the same memory takes over",
        "该规格在所有可用区无库存，由内存相同的其他规格接替",
    ),
    "scenario.other-zone": (
        "the type is sold out in its zone; it comes back in another one",
        "该规格在本可用区无库存，在其他可用区恢复",
    ),
    "scenario.data-disks": (
        "a server with two data disks",
        "带两块数据盘的服务器",
    ),
    "scenario.killed": (
        "the worker is killed with -9 in the middle, another one finishes",
        "工作进程在中途被 kill -9，由另一个完成",
    ),
    "scenario.careful": (
        "a command puts the data in order before the image, and the replacement's health is checked",
        "制作镜像前执行命令整理数据，移交前检查替代实例的健康",
    ),
    "scenario.economical": (
        "economical mode: the cloud stops the server instead of releasing it; it is started again",
        "节省停机模式：云端只停止服务器而不释放，随后原地启动",
    ),
    "scenario.re-attached": (
        "a data disk of a thousand GiB moves itself, and only the system disk is imaged",
        "一千 GiB 的数据盘直接迁移，只对系统盘制作镜像",
    ),
    "scenario.image-fails": (
        "the image is lost at the release, but the system disk's snapshot is finished",
        "镜像在释放时失败，但系统盘快照已完成",
    ),
    "scenario.rescue": (
        "no data can be booted from: the base image starts with every disk attached",
        "没有可启动的数据：从基础镜像启动并挂载所有磁盘",
    ),
    "scenario.stale-snapshot": (
        "no data of this notice can be booted from: an automatic snapshot is, and its age is told",
        "没有本次通知的数据可启动：改用自动快照，并说明其时间",
    ),
    "scenario.parked": (
        "nothing is left to boot from: parked, with every disk kept and named",
        "没有任何可启动的来源：搁置，所有磁盘均已保留并写明",
    ),
    "scenario.thrice": (
        "the notice is delivered three times, one replacement comes of it",
        "通知被投递三次，只产生一台替代实例",
    ),
}
