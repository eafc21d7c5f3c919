"""What a command says when it fails, as patterns, and how each reads in Chinese; see `sentences`."""

_REASONS_ABOVE = (
    (
        r"not everything was changed; the reasons are above, audit again",
        "没有全部改好；原因见上文，请再次运行 audit",
    ),
    (r"not taken out: (.+); the reasons are above", "未能取出：{0}；原因见上文"),
    (r"not sent again: (.+); the reasons are above", "未能重新发送：{0}；原因见上文"),
    (
        r"left where they are: ([^;]+); (not replayed: .+|sent, and still among the dead letters: .+)",
        "保留在原处：{0}；{1}",
    ),
    (r"left where they are: ([^;]+); the reasons are above", "保留在原处：{0}；原因见上文"),
    (
        r"not replayed: ([^;]+); (sent, and still among the dead letters: .+)",
        "未能重放：{0}；{1}",
    ),
    (r"not replayed: ([^;]+); the reasons are above", "未能重放：{0}；原因见上文"),
    (
        r"sent, and still among the dead letters: ([^;]+); the reasons are above",
        "已重新入队，但仍在死信队列中：{0}；原因见上文",
    ),
    (
        r"not every queue could be looked into; what stands above mends it",
        "并非每个队列都能查看；处理方法见上文",
    ),
    (
        r"not enqueued: (.+); the reasons are above, run it again",
        "未能入队：{0}；原因见上文，请再运行一次",
    ),
    (
        r"not deleted: (.+); the reasons are above; run (.+)",
        "未能删除：{0}；原因见上文；请运行 {1}",
    ),
    (
        r"not captured: (.+); the reasons are above, audit again",
        "未能记录：{0}；原因见上文，请再次运行 audit",
    ),
    (
        r"the drill failed: (.+); what it has made is still there \((.+)\): run (.+)",
        "演练失败：{0}；它创建的内容仍在（{1}）：请运行 {2}",
    ),
    (r"the drill failed: (.+)", "演练失败：{0}"),
    (
        r"what it has made is still there \((.+)\): run (.+)",
        "演练创建的内容仍在（{0}）：请运行 {1}",
    ),
    (
        r"not deleted: (.+); the reasons are above, sweep again",
        "未能删除：{0}；原因见上文，请再次运行 sweep",
    ),
    (r"kept although named: (.+); the reasons are above", "虽被点名但仍保留：{0}；原因见上文"),
    (
        r"no replacement would have been launched; the reasons are above",
        "不会启动任何替代实例；原因见上文",
    ),
    (r"not everything was handed over; the reasons are above", "没有全部移交；原因见上文"),
    (r"not sent: (.+)", "未能发送：{0}"),
    (r"something is wrong; the commands above mend it", "存在问题；上文的命令可以修复"),
    (
        r"something is wrong; above stands what mends it, by command or by hand",
        "存在问题；请按上文的命令或说明修复",
    ),
    (r"not every instance would survive an interruption", "并非每台实例都能挺过中断"),
    (
        r"the pattern does not do what it should for: (.+)",
        "事件模式对以下样例的判断不符合预期：{0}",
    ),
)

_NOTHING_DONE = (
    (r"nothing was changed", "未作任何更改"),
    (r"([^;]+), asked (\d+) times", "{0}，已尝试 {1} 次"),
    (r"run the same command again", "请再次运行同一命令"),
    (r"([^;]+): no leftover of owner (\S+)", "{0}：没有属于部署 {1} 的此项遗留资源"),
    (r"aliyun-ops sweep lists all that there are", "aliyun-ops sweep 会列出全部遗留资源"),
    (r"interrupted", "已中断"),
    (r"interrupted; ((?:not deleted|what it has made is still there).+)", "已中断；{0}"),
    (r"nothing is left of the drill", "演练没有遗留任何内容"),
    (r"the same command may be run again", "可以再次运行同一命令"),
    (
        r"aliyun-ops audit lists the spot instances with their ids",
        "aliyun-ops audit 会列出抢占式实例及其 ID",
    ),
    (r"nothing was changed: (.+)", "未作任何更改：{0}"),
    (
        r"no dead letter that nobody holds has an id that begins with ([^;]*)",
        "在无人持有的死信中，没有 ID 以 {0} 开头的",
    ),
    (r"no dead letter that nobody holds matches", "在无人持有的死信中没有符合条件的"),
    (
        r"aliyun-ops dlq list shows all that can be seen, with their ids",
        "aliyun-ops dlq list 会列出可见的全部死信及其 ID",
    ),
    (r"aliyun-ops doctor looks for the cause", "可用 aliyun-ops doctor 查找原因"),
    (
        r"interrupted; nothing is lost, run the same command again",
        "已中断；没有丢失任何内容，请再次运行同一命令",
    ),
    (
        r"interrupted; the same command goes on, and this takes everything away: (.+)",
        "已中断；同一命令会继续，而下面的命令会全部清除：{0}",
    ),
    (r"cannot listen: (.+); choose another --port", "无法监听：{0}；请用 --port 换一个端口"),
    (r"standard output cannot be written: (.+)", "无法写入标准输出：{0}"),
    (r"(.+) cannot be written: (.+)", "无法写入 {0}：{1}"),
    (r"it is closed", "已关闭"),
    (r"No space left on device", "设备上没有剩余空间"),
)

_DRILL = (
    (r"instance (\S+) is not known in (\S+); (.+)", "在 {1} 查不到实例 {0}；{2}"),
    (r"instance (\S+) is not known in (\S+)", "在 {1} 查不到实例 {0}"),
    (
        r"an earlier drill of (\S+) has handed over what has to come back first: (.+)",
        "{0} 之前的演练移交过的内容须先移回：{1}",
    ),
    (r"(\S+) is being reclaimed now: leave it to the worker", "{0} 正在被回收：请交给工作进程处理"),
    (r"the worker would not recreate (\S+): (.+)", "工作进程不会重建 {0}：{1}"),
    (
        (
            r"(\S+) is no canary: a handover stops it and takes its addresses away for a while; if it"
            r" may be, give it the tag (\S+)"
        ),
        "{0} 不是金丝雀实例：移交会将其停止，并暂时取走它的地址；如果可以这样做，请给它加上标签 {1}",
    ),
    (r"(\S+) is (\S+): start it first", "{0} 的状态为 {1}：请先启动它"),
    (
        r"(\d+) addresses and memberships hang on (\S+); a canary has (\d+) at most",
        "{1} 上有 {0} 个地址和负载均衡后端；金丝雀实例最多 {2} 个",
    ),
    (r"image (\S+) does not show what is borrowed", "镜像 {0} 上未显示借用的内容"),
    (r"image (\S+) is not usable after image\.wait_max", "超过 image.wait_max 后镜像 {0} 仍不可用"),
    (r"the drill's image cannot be had: (.+)", "演练的镜像无法取得：{0}"),
    (r"the drill ended at (\S+): (.+)", "演练在步骤 {0} 结束：{1}"),
    (r"(\S+) cannot be stopped", "{0} 无法停止"),
    (r"instance (\S+) is gone", "实例 {0} 已不存在"),
    (r"(\S+) does not become (\S+): (.+)", "{0} 没有变为 {1}：{2}"),
    (r"Running", "运行中"),
    (r"Stopped", "已停止"),
    (r"Starting", "启动中"),
    (r"Stopping", "停止中"),
    (r"Pending", "创建中"),
    (r"Available", "可用"),
    (r"Creating", "制作中"),
    (r"CreateFailed", "制作失败"),
    (r"Waiting", "等待中"),
    (r"UnAvailable", "不可用"),
    (r"Deprecated", "已弃用"),
    (r"In_use", "使用中"),
    (r"progressing", "制作中"),
    (r"accomplished", "已完成"),
    (r"failed", "失败"),
    (r"Permanent", "需要人工处理"),
    (r"Transient", "暂时性错误"),
    (r"NoCredentials", "没有凭证"),
    (r"Unauthenticated", "云端不认识该凭证"),
    (r"Throttled", "被限流"),
    (r"UnknownOutcome", "结果未知"),
    (r"Malformed", "无法解读"),
)

# What a call to the cloud came to. A code and the cloud's own id of the request stay as they are.
_CALLS = (
    (
        r"(?P<action>\S+) was refused: (?P<code>\S+) \(HTTP (\d+), request (\S+)\)\. (.+)",
        "{0} 被拒绝：{1}（HTTP {2}，请求 {3}）。{4}",
    ),
    (
        r"(?P<action>\S+) was refused: (?P<code>\S+) \(HTTP (\d+), request (\S+)\)",
        "{0} 被拒绝：{1}（HTTP {2}，请求 {3}）",
    ),
    (
        r"(?P<action>\S+) was refused: (?P<code>\S+) \(HTTP (\d+)\)\. (.+)",
        "{0} 被拒绝：{1}（HTTP {2}）。{3}",
    ),
    (r"(?P<action>\S+) was refused: (?P<code>\S+) \(HTTP (\d+)\)", "{0} 被拒绝：{1}（HTTP {2}）"),
    (
        r"(?P<action>\S+) was refused: (?P<code>\S+) \(request (\S+)\)\. (.+)",
        "{0} 被拒绝：{1}（请求 {2}）。{3}",
    ),
    # What is behind a code.
    (r"busy with something else", "正忙于其他操作"),
    (r"too many requests", "请求过于频繁"),
    (r"the cloud does not say whether it was done", "云端未说明是否已执行"),
    (r"its state does not allow it yet", "当前状态尚不允许"),
    (r"not to be had there now", "此处暂时无法获得"),
    (r"this type is not offered there for this", "此处不提供该规格，或规格与镜像、参数不匹配"),
    (r"disks of this category are not offered there", "此处不提供该类磁盘"),
    (r"the price there is above the limit", "当前价格高于出价上限"),
    (r"more than there is room for", "超出可用的数量上限"),
    (r"the quota of vCPUs is used up", "vCPU 配额已用完"),
    (r"the parameter (\S+) is not accepted", "不接受参数 {0}"),
    (r"the name or token is taken", "名称或令牌已被占用"),
    (r"it does not exist", "对象不存在"),
    (r"it is so already", "已是目标状态"),
    (r"this resource does not take it", "该资源不支持此操作"),
    (r"the cloud does not accept the credentials", "云端不接受该凭证"),
    (r"the permission is missing", "缺少权限"),
    (r"the account is restricted", "账号受限"),
    (r"the quota is used up", "配额已用完"),
    (r"locked for security", "因安全原因被锁定"),
    (r"these spot terms are not for this account", "账号不能使用这样的抢占式计费条件"),
    (r"the image cannot be launched from", "无法从该镜像启动"),
    (r"the security group or subnet is gone", "安全组或交换机已不存在"),
    (r"the RAM role cannot be used", "无法使用该 RAM 角色"),
    (r"the encryption key cannot be used", "无法使用该加密密钥"),
    (r"the cloud does not understand the request", "云端无法理解该请求"),
    (r"there is no such queue", "队列不存在"),
    (r"there is no such region", "地域不存在"),
    (r"the clock of this machine is wrong", "本机的时钟不准"),
    (r"the token has expired", "临时令牌已过期"),
    (r"(\S+) got no(?: readable)? answer \((.+)\)", "{0} 没有得到应答（{1}）"),
    (
        (
            r"no credentials from environment, role or profile \((.*)\): attach a RAM role to this"
            r" instance, or set (\S+) and (\S+) and start again"
        ),
        "环境变量、RAM 角色和配置文件都没有提供凭证（{0}）：请为本实例绑定 RAM 角色，或设置 {1} 和 {2} 后重新运行",
    ),
    (r"(\S+) and (\S+) are not both set", "{0} 和 {1} 没有同时设置"),
    (
        r"clock\.emulator (\S+) does not answer as an emulator: (.+)",
        "clock.emulator {0} 没有像模拟器那样应答：{1}",
    ),
    (r"the proxy that the environment names does not answer", "环境变量指定的代理没有应答"),
    (r"the host name of the endpoint does not resolve", "无法解析服务地址的主机名"),
    (r"no TLS with the endpoint", "无法与服务地址建立 TLS 连接"),
    (r"the endpoint refuses connections", "服务地址拒绝连接"),
    (r"no connection in time", "连接超时"),
    (r"no answer in time", "应答超时"),
    (r"the answer is not JSON", "应答不是 JSON"),
    (
        r"Grant the worker's role this action \(deploy/ram\), then replay\.",
        "请为工作进程的角色授予此操作的权限（deploy/ram），然后重放。",
    ),
    (
        r"Settle the account \(balance, verification, risk control\), then replay\.",
        "请处理账号问题（余额、实名认证、风控），然后重放。",
    ),
    (
        r"Raise the quota in Quota Center or delete what is not needed, then replay\.",
        "请在配额中心提高配额，或删除不需要的资源，然后重放。",
    ),
    (
        r"The resource is locked for security; lift the lock, then replay\.",
        "资源因安全原因被锁定；请解除锁定，然后重放。",
    ),
    (
        r"The account may not use these spot terms; change them, then replay\.",
        "账号不能使用这样的抢占式计费条件；请更改，然后重放。",
    ),
    (
        r"The image cannot be launched from; look at it in the console\.",
        "无法从该镜像启动；请在控制台查看该镜像。",
    ),
    (
        r"A security group or subnet of the source is gone; name another\.",
        "源实例的安全组或交换机已不存在；请另行指定。",
    ),
    (
        r"The RAM role of the source cannot be used; check it and ram:PassRole\.",
        "无法使用源实例的 RAM 角色；请检查该角色和 ram:PassRole。",
    ),
    (
        r"The encryption key cannot be used; enable it for ECS, then replay\.",
        "无法使用加密密钥；请为 ECS 启用它，然后重放。",
    ),
    (
        r"The cloud does not understand the request; report it with this code\.",
        "云端无法理解该请求；请附上此错误码报告问题。",
    ),
    (
        r"Create the queue or correct its name in the configuration\.",
        "请创建该队列，或更正配置中的队列名称。",
    ),
    (
        r"There is no such region; correct `region` in the configuration\.",
        "没有这个地域；请更正配置中的 `region`。",
    ),
    (
        r"Check the worker's credentials; the cloud refuses them\.",
        "请检查工作进程的凭证，云端拒绝了它们。",
    ),
    (r"Check the clock of this machine\.", "请检查本机的时钟。"),
    (r"Unknown code; it needs a row in the table\.", "未知的错误码，需要在错误表中补充。"),
)

_WRONG_USAGE = (
    (r"(\S+): is not set; write (.+), or set (.+)", "{0}：未设置；请写 {1}，或设置 {2}"),
    (r"([A-Z_]+) or ([A-Z_]+)", "{0} 或 {1}"),
    (r"([A-Z_]+) or ([A-Z_]+) or ([A-Z_]+)", "{0}、{1} 或 {2}"),
    (
        r"ALIYUN_OPS_SIGNING_KEY is not set, and an unsigned capture is worth nothing",
        "未设置 ALIYUN_OPS_SIGNING_KEY，而未签名的配置记录毫无用处",
    ),
    (
        r"ALIYUN_OPS_SIGNING_KEY is not set, and without it no progress can be trusted or sent",
        "未设置 ALIYUN_OPS_SIGNING_KEY，没有它就无法信任或发送任何进度",
    ),
    (
        r"ALIYUN_OPS_SIGNING_KEY is not set, and --stopped is a word that must be signed",
        "未设置 ALIYUN_OPS_SIGNING_KEY，而 --stopped 的说明必须签名",
    ),
    (
        r"nobody can confirm here: add --yes, or --dry-run to change nothing",
        "此处无人可以确认：请加 --yes，或用 --dry-run 不作任何更改",
    ),
    (r"--html keeps one receipt: name one scenario", "--html 只保存一份回执：请指定一个场景"),
    (
        r"--html writes one receipt: name it before --html, and leave --json out",
        "--html 只写一份回执：请在 --html 之前指明，并去掉 --json",
    ),
    (
        r"receipts.directory is not set, so that no receipts are kept: set it, or name a receipt's file",
        "未设置 receipts.directory，因此没有保存回执：请设置它，或指明回执文件",
    ),
    (r"(\S+\.\S+) or ([a-z]+-\S+)", "{0} 或 {1}"),
    (
        r"(\S+) (.+) is none that the cloud could know, such as (.+); nothing was changed",
        "{0} {1} 不是云端可能认识的值（例如 {2}）；未作任何更改",
    ),
    (
        r"--instance (.+) is no instance id, such as (\S+); name the id, not the name: aliyun-ops audit lists both",
        "--instance {0} 不是实例 ID（例如 {1}）；请写 ID 而不是名称：aliyun-ops audit 会列出两者",
    ),
    (
        (
            r"the receipt of (\S+) is broken \((.+)\); what became of it stands in aliyun-ops status"
            r" and in the worker's log"
        ),
        "{0} 的回执已损坏（{1}）；其结果请看 aliyun-ops status 和工作进程的日志",
    ),
    (
        (
            r"no receipt in (.+) that can be read is of (.+), and (\d+) cannot be read, such as this"
            r" \((.+)\); what became of it stands in aliyun-ops status and in the worker's log"
        ),
        (
            "{0} 中可读的回执都不属于 {1}，另有 {2} 份无法读取，例如（{3}）；"
            "其结果请看 aliyun-ops status 和工作进程的日志"
        ),
    ),
    (
        r"(.+) has no receipt of (.+); write (\S+) for a file",
        "{0} 中没有 {1} 的回执；如果是文件，请写 {2}",
    ),
    (
        (
            r"(.+) has no receipt of (.+); name the id, not the name: aliyun-ops receipt lists all with"
            r" their ids, and what has not ended yet stands in aliyun-ops status"
        ),
        (
            "{0} 中没有 {1} 的回执；请写 ID 而不是名称：aliyun-ops receipt 会列出所有回执及其 ID，"
            "尚未结束的请看 aliyun-ops status"
        ),
    ),
    (
        r"(.+) may be any of (.+): give more of the id",
        "{0} 可能是 {1} 中的任何一个：请把 ID 写长一些",
    ),
    (r"(.+) cannot be read: (.+)", "无法读取 {0}：{1}"),
    (r"No such file or directory", "没有这个文件或目录"),
    (r"Is a directory", "这是一个目录"),
    (r"Permission denied", "没有权限"),
    (r"(.+) is not JSON", "{0} 不是 JSON"),
    (
        (
            r"ALIYUN_OPS_SIGNING_KEY is not set: the worker would not start; make one with:"
            r" openssl rand -hex 32"
        ),
        "未设置 ALIYUN_OPS_SIGNING_KEY：工作进程无法启动；可用以下命令生成：openssl rand -hex 32",
    ),
    (
        (
            r"ALIYUN_OPS_SIGNING_KEY is not set, and without it no progress can be trusted; set it to"
            r" the same random text of at least 16 characters for every worker \(for example from"
            r" `openssl rand -hex 32`\)"
        ),
        (
            "未设置 ALIYUN_OPS_SIGNING_KEY，没有它就无法信任任何进度；请为所有工作进程设置同一段至少 16 个字符的"
            "随机文本（例如用 `openssl rand -hex 32` 生成）"
        ),
    ),
    (r"give one of --launch, --handover and --clean", "--launch、--handover、--clean 只能选一个"),
    (
        (
            r"--launch starts the software of the source a second time: name with --security-group"
            r" one that lets it reach nothing"
        ),
        "--launch 会把源实例上的软件再启动一份：请用 --security-group 指定一个不允许它访问任何地方的安全组",
    ),
    (
        r"--handover takes the canary's own security groups, as the worker would",
        "--handover 与工作进程一样，使用金丝雀实例自己的安全组",
    ),
    (
        r"--security-group takes an id such as (\S+), with --launch",
        "--security-group 需要形如 {0} 的 ID，并与 --launch 一起使用",
    ),
    (
        (
            r"no channel is configured: set ALIYUN_OPS_NOTIFY_URLS to addresses such as (\S+),"
            r" separated by blanks, or notify.urls_file to a readable file with one a line"
        ),
        (
            "未配置任何通知渠道：请将 ALIYUN_OPS_NOTIFY_URLS 设为形如 {0} 的地址（以空格分隔），"
            "或将 notify.urls_file 设为一个每行一个地址的可读文件"
        ),
    ),
)

# Of values as people write them, in the configuration and on the command line.
_VALUES = (
    (r"15s, 5m, 7d or 1h30m", "15s、5m、7d 或 1h30m"),
    (r"(.+) is not a number with a unit; write (.+)", "{0} 不是带单位的数；请写 {1}"),
    (r"(.+) needs a unit; write (.+)", "{0} 缺少单位；请写 {1}"),
    (r"(.+) has a wrong unit; write (.+)", "{0} 的单位有误；请写 {1}"),
    (
        r"(.+) has its units out of order; write the largest first and each once",
        "{0} 的单位顺序有误；请从大到小书写，每个单位只写一次",
    ),
)

FAILURES = (*_REASONS_ABOVE, *_NOTHING_DONE, *_DRILL, *_CALLS, *_WRONG_USAGE, *_VALUES)
