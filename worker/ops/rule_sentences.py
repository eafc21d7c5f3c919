"""What `rule` says of the set-up, as patterns, and how each reads in Chinese; see `sentences`."""

_QUEUE = r"(queue|dead-letter queue|queue for undelivered events)"

_CHANGES = (
    (r"queue", "队列"),
    (r"dead-letter queue", "死信队列"),
    (r"queue for undelivered events", "未投递事件队列"),
    (
        rf"create the {_QUEUE} (\S+), dead letters to (\S+) after (\d+) receives",
        "创建{0} {1}，接收 {3} 次后的死信进入 {2}",
    ),
    (rf"create the {_QUEUE} (\S+)", "创建{0} {1}"),
    (rf"change the {_QUEUE} (\S+): (.+)", "更改{0} {1}：{2}"),
    (r"delete the queue (\S+) and the messages in it", "删除队列 {0} 以及其中的消息"),
    (r"delete the queue (\S+)", "删除队列 {0}"),
    (
        r"create the service-linked role (\S+), without which EventBridge delivers nothing",
        "创建服务关联角色 {0}，没有它 EventBridge 无法投递任何内容",
    ),
    (
        r"create the rule (\S+) on bus (\S+) with the target (.+)",
        "在总线 {1} 上创建规则 {0}，目标为 {2}",
    ),
    (r"change the rule (\S+): (.+)", "更改规则 {0}：{1}"),
    (r"enable the rule (\S+), which is disabled", "启用已停用的规则 {0}"),
    (r"add the target (\S+) to the rule (\S+): (.+)", "为规则 {1} 添加目标 {0}：{2}"),
    (r"change the target (\S+) of the rule (\S+): (.+)", "更改规则 {1} 的目标 {0}：{2}"),
    (r"delete the target (\S+) of the rule (\S+)", "删除规则 {1} 的目标 {0}"),
    (r"delete the rule (\S+) on bus (\S+)", "删除总线 {1} 上的规则 {0}"),
)

_DIFFERENCES = (
    (r"visibility seconds (\S+) -> (\S+)", "不可见时长（秒）{0} -> {1}"),
    (r"polling seconds (\S+) -> (\S+)", "长轮询（秒）{0} -> {1}"),
    (r"retention seconds (\S+) -> (\S+)", "保留期（秒）{0} -> {1}"),
    (r"message bytes max (\S+) -> (\S+)", "消息最大字节数 {0} -> {1}"),
    (r"delay seconds (\S+) -> (\S+)", "延迟（秒）{0} -> {1}"),
    (r"dead letters (.+) -> (.+)", "死信 {0} -> {1}"),
    (r"to (\S+) after (\d+)", "{1} 次后进入 {0}"),
    (r"off", "关闭"),
    (r"pattern (.+) -> (.+)", "事件模式 {0} -> {1}"),
    (r"description (.+) -> (.+)", "描述 {0} -> {1}"),
    (r"parameters (.+) -> (.+)", "参数 {0} -> {1}"),
    (r"(?:errors tolerance|retry|type|endpoint|dead letter arn) (.+) -> (.+)", "设置 {0} -> {1}"),
    (r"([^,]+ -> [^,]+), (.+ -> .+)", "{0}，{1}"),
)

_KEPT = (
    (r"the queue (\S+) is kept: (.+)", "保留队列 {0}：{1}"),
    (rf"the {_QUEUE} (\S+) is kept: (.+)", "保留{0} {1}：{2}"),
    (r"a queue that is kept needs it", "有保留的队列需要它"),
    (r"it holds messages; --purge deletes it with them", "其中有消息；--purge 会连同消息一起删除"),
    (
        r"a message has come; --purge deletes it with the queue",
        "来了新消息；--purge 会连同队列一起删除",
    ),
    (
        r"the service-linked role (\S+) is kept: other rules may need it",
        "保留服务关联角色 {0}：其他规则可能需要它",
    ),
    (
        r"the rule (\S+) is kept: it has other targets: (.+)",
        "保留规则 {0}：它还有其他目标：{1}",
    ),
    (r"the rule (\S+) is kept: (.+)", "保留规则 {0}：{1}"),
    (r"it carries no owner's mark", "它没有 owner 标记"),
    (r"it belongs to owner (\S+)", "它属于 owner {0}"),
    (
        (
            r"the queue (\S+) is used although it carries no owner's mark, which can only be set when a"
            r" queue is made; rule destroy will keep it"
        ),
        "使用队列 {0}，尽管它没有 owner 标记（标记只能在创建队列时设置）；rule destroy 会保留它",
    ),
    (r"other targets of the rule (\S+) are left alone: (.+)", "规则 {0} 的其他目标保持不动：{1}"),
)

_REFUSED = (
    (r"set another name under queue", "请在 queue 下另取名称"),
    (r"the queue (\S+) belongs to owner (\S+)", "队列 {0} 属于 owner {1}"),
    (
        (
            r"the queue (\S+) is somebody else's: it carries no owner's mark, and it would have to be"
            r" changed"
        ),
        "队列 {0} 属于他人：它没有 owner 标记，并且需要更改",
    ),
    (
        r"the queue (\S+) is a FIFO queue, which EventBridge cannot write to",
        "队列 {0} 是 FIFO 队列，EventBridge 无法写入",
    ),
    (r"set another rule\.name", "请另设 rule.name"),
    (
        r"the rule (\S+) on bus (\S+) belongs to owner (\S+)",
        "总线 {1} 上的规则 {0} 属于 owner {2}",
    ),
    (
        (
            r"the rule (\S+) on bus (\S+) is somebody else's: its description carries no owner's mark;"
            r" set another rule\.name, or hand the rule over by writing (.+) into its description"
        ),
        "总线 {1} 上的规则 {0} 属于他人：其描述中没有 owner 标记；请另设 rule.name，或将 {2} 写入其描述以移交该规则",
    ),
    (
        r"after (\d+) s the cloud does not show: (.+); run it again in a minute",
        "{0} 秒后云端仍未显示：{1}；请一分钟后再运行",
    ),
    (r"(\S+) failed: (.+?) \((.+)\); (.+)", "{0} 失败：{1}（{2}）；{3}"),
    (r"(\S+) failed: (\S+(?: for a target)?) \((.+)\)", "{0} 失败：{1}（{2}）"),
    (r"refused", "被拒绝"),
    (r"(\S+) got no answer from (\S+): (.+)", "{0} 没有得到 {1} 的应答：{2}"),
    (r"(\S+) got no answer from (\S+)", "{0} 没有得到 {1} 的应答"),
    (
        r"the connection broke, or what came back is no answer of the cloud",
        "连接中断，或返回的内容不是云端的应答",
    ),
    (r"no answer came", "没有应答"),
    (
        r"code (?P<code>\S+), HTTP status (\d+), request id (\S+)",
        "错误码 {0}，HTTP {1}，请求 {2}",
    ),
    (r"code (?P<code>\S+), HTTP status (\d+)", "错误码 {0}，HTTP {1}"),
    (r"code (?P<code>\S+), request id (\S+)", "错误码 {0}，请求 {1}"),
    (r"code (?P<code>[^\s,]+)", "错误码 {0}"),
    (
        r"grant the action to the role or user that runs this",
        "请为运行本命令的角色或用户授予该操作的权限",
    ),
    (r"activate EventBridge in the console first", "请先在控制台开通 EventBridge"),
    (r"check the credentials", "请检查凭证"),
    (r"renew the credentials", "请更新凭证"),
    (
        r"set rule\.bus to a bus that exists; events of ECS are on `default`",
        "请将 rule.bus 设为已有的总线；ECS 的事件在 `default` 上",
    ),
    (
        r"the name is free again after a minute or more: run it again then",
        "该名称一分多钟后才能再次使用：请到时再运行",
    ),
)

SET_UP = (*_CHANGES, *_DIFFERENCES, *_KEPT, *_REFUSED)
