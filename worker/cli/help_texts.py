"""Every text of a help in Chinese, by its English; loaded only when a help is shown or a call was wrong.

An English text is a paragraph, or what an option or a command is said to do, with one blank between its
words. What is written as it stands (options, keys, names of files and commands) stays as it is.
"""

import re
from collections.abc import Mapping

WORDS: Mapping[str, str] = {
    "Usage": "用法",
    "Options": "选项",
    "Commands": "命令",
    "Examples": "示例",
    "default": "默认值",
    "required": "必填",
    "[OPTIONS]": "[选项]",
    "COMMAND": "命令",
    "[ARGS]": "[参数]",
    "INTEGER": "整数",
    "FLOAT": "数",
    "TEXT": "文本",
}

_FRAME = {
    "Turn the notice of a reclaimed spot instance into a running replacement.": (
        "收到抢占式实例的回收通知后，自动重建出一台运行中的替代实例。"
    ),
    (
        "Settings come from config.yaml and the environment; --config may stand before or after the"
        " command. Exit codes: 0 done, 1 the job failed, 2 wrong usage or configuration."
    ): (
        "设置来自 config.yaml 和环境变量；--config 可以写在命令之前或之后。退出码：0 表示完成，1 表示任务失败，"
        "2 表示用法或配置有误。"
    ),
    "Show the version and exit.": "显示版本并退出。",
    "Show this message and exit.": "显示本说明并退出。",
    "Configuration file [default: $ALIYUN_OPS_CONFIG, else ./config.yaml].": (
        "配置文件［默认为 $ALIYUN_OPS_CONFIG，否则为 ./config.yaml］。"
    ),
    "Print JSON.": "输出 JSON。",
    "Say what would be done and change nothing.": "只说明将要做什么，不作任何更改。",
    "Do not ask; needed where nobody can answer.": "不再询问；在无人能够回答的地方必须加上。",
    "Language of the output [default: that of the environment's locale, else en].": (
        "输出的语言［默认为环境 locale 的语言，否则为 en］。"
    ),
}

_SUMMARIES = {
    "Poll the queue and recreate what is reclaimed.": "轮询队列，重建被回收的实例。",
    "Serve the function over HTTP, as Function Compute calls it.": (
        "以 HTTP 提供函数，与函数计算的调用方式相同。"
    ),
    "Check and show the configuration.": "检查并显示配置。",
    "Set up the EventBridge rule and the queues.": "设置 EventBridge 规则和队列。",
    "Show what is being recreated and what waits.": "显示正在重建和等待处理的内容。",
    "Show what became of a recreation.": "显示一次重建的结果。",
    "Tell what an interruption would do to each instance.": "说明中断对每台实例会造成什么影响。",
    "Find what is wrong with an installation, and what mends it.": (
        "检查安装中的问题，并给出修复方法。"
    ),
    "List, show, replay and discard what was parked.": "列出、查看、重放和取出被搁置的消息。",
    "Find interruptions whose event never came.": "查找事件没有送达的中断。",
    "List and delete what recreations have left.": "列出并删除重建留下的资源。",
    "Rehearse a recreation without an interruption.": "不等中断发生，演练一次重建。",
    "Try the channels of the notifications.": "试发通知渠道。",
    "Watch a spot instance be reclaimed and come back.": "观看一台抢占式实例被回收又恢复的全过程。",
    "Run the cloud's APIs on this machine.": "在本机运行云端 API 的模拟器。",
}

_WORKING = {
    "Poll the queue and recreate what is reclaimed, until SIGTERM or SIGINT.": (
        "轮询队列，重建被回收的实例，直到收到 SIGTERM 或 SIGINT。"
    ),
    (
        "A stop hands back what is in hand within worker.stop_within and loses nothing. Credentials"
        " come from the environment or the instance's RAM role, the signing key from"
        " ALIYUN_OPS_SIGNING_KEY. Facts about the work go to stderr, one line each: JSON unless"
        " stderr is a terminal."
    ): (
        "停止时会在 worker.stop_within 之内交还手头的消息，不会丢失任何内容。凭证来自环境变量或实例的 RAM 角色，"
        "签名密钥来自 ALIYUN_OPS_SIGNING_KEY。工作情况写到标准错误，每条一行；标准错误不是终端时为 JSON。"
    ),
    "End when nothing is in hand and a poll found the queue empty.": (
        "手头没有消息且一次轮询发现队列为空时结束。"
    ),
    (
        "Which worker of its host this is: the second one's monitor listens one port after"
        " monitor.listen, and so on."
    ): "这是本机的第几个 worker：第二个的监控端口比 monitor.listen 的端口大 1，依此类推。",
    "Serve the function over HTTP: POST /invoke with an event, or with nothing as a timer does.": (
        "以 HTTP 提供函数：向 /invoke 发送 POST，带上事件；或像定时器那样不带内容。"
    ),
    (
        "Each invocation sends its event to the queue, works until nothing is left that does not"
        " have to wait, and answers with what it did. The same code runs in Function Compute with"
        " `worker.function.handler`; see deploy/fc."
    ): (
        "每次调用把事件发送到队列，一直工作到只剩必须等待的内容，然后答复做了什么。函数计算中运行的是同一份代码，"
        "入口为 `worker.function.handler`；见 deploy/fc。"
    ),
    "Address to listen on [default: 127.0.0.1; all addresses inside Function Compute].": (
        "监听的地址［默认为 127.0.0.1；在函数计算中为所有地址］。"
    ),
    "Port to listen on; 0 takes a free one [default: $FC_CUSTOM_LISTEN_PORT, else 9000].": (
        "监听的端口；0 表示任选一个空闲端口［默认为 $FC_CUSTOM_LISTEN_PORT，否则为 9000］。"
    ),
}

_CONFIG = {
    (
        "The file is the one named with --config, else with ALIYUN_OPS_CONFIG, else ./config.yaml."
        " What the file leaves open has a default; account and region may come from the"
        " environment; secrets always do."
    ): (
        "配置文件由 --config 指定，否则由 ALIYUN_OPS_CONFIG 指定，否则为 ./config.yaml。文件中没有写的项采用默认值；"
        "账号和地域可以来自环境变量；密钥总是来自环境变量。"
    ),
    "Say whether the configuration can work, and everything that is wrong with it.": (
        "说明配置能否使用，以及其中的所有问题。"
    ),
    "Say whether the configuration can work.": "说明配置能否使用。",
    (
        "Calls nothing in the cloud. Exit code 2 when something is wrong with it, or when it is"
        " good but the worker would not start with this environment, because the signing key is"
        " missing."
    ): (
        "不调用云端。配置有问题，或配置可用、但缺少签名密钥因而工作进程在此环境中无法启动时，退出码为 2。"
    ),
    "Print a complete configuration file: every key with its default and what it means.": (
        "输出一份完整的配置文件：每个键及其默认值和含义。"
    ),
    "Print a complete configuration file.": "输出一份完整的配置文件。",
    "Print the settings in force: file, environment, defaults and derived addresses.": (
        "输出生效的设置：来自文件、环境变量、默认值以及推导出的地址。"
    ),
    "Print the settings in force.": "输出生效的设置。",
    "The output is a configuration file with the same effect. No secret is in it.": (
        "输出本身就是效果相同的配置文件，其中不含任何密钥。"
    ),
}

_RULE = {
    (
        "Three queues, a service-linked role, and one rule with one target: the cloud's notice of"
        " an interruption goes to the queue that the worker polls. All of it is marked with the"
        " `owner` of the configuration, and only what bears the mark is deleted."
    ): (
        "三个队列、一个服务关联角色、一条带一个目标的规则：云端的中断通知由此进入工作进程所轮询的队列。"
        "它们都带有配置中 `owner` 的标记，只有带此标记的才会被删除。"
    ),
    "Make what is missing and change what differs.": "创建缺少的部分，更改不一致的部分。",
    (
        "Ends when the cloud shows all of it, the dead-letter policy included. A second apply"
        " changes nothing. Other targets of the rule are left alone; a rule or queue of another"
        " owner is refused."
    ): (
        "直到云端显示出全部内容（包括死信策略）才结束。再次执行不会改变任何内容。规则的其他目标保持不动；"
        "属于其他 owner 的规则或队列会被拒绝。"
    ),
    "Delete the rule's target, the rule and the queues, where they bear our mark.": (
        "删除带有本工具标记的规则目标、规则和队列。"
    ),
    "Delete the rule and the queues.": "删除规则和队列。",
    (
        "A rule with other targets is kept, and so is a queue that holds messages unless --purge is"
        " given. A message that a worker holds cannot be seen: stop the workers first."
    ): (
        "还有其他目标的规则会保留；仍有消息的队列也会保留，除非加上 --purge。工作进程正在持有的消息是看不见的："
        "请先停止所有工作进程。"
    ),
    "Delete queues that hold messages too, with the messages.": "仍有消息的队列也连同消息一起删除。",
    "Print what there should be, for infrastructure as code. Calls nothing.": (
        "输出应有的内容，供基础设施即代码工具使用。不调用云端。"
    ),
    "Print what there should be, for infrastructure as code.": (
        "输出应有的内容，供基础设施即代码工具使用。"
    ),
    (
        "`terraform` and `ros` hold queues, service-linked role, rule and target, with account and"
        " region left to the tool; each says on stderr what it cannot express. deploy/terraform and"
        " deploy/ros add roles, policies, function and alarms. As data, the keys are the names that"
        " the APIs and the Terraform provider use."
    ): (
        "`terraform` 和 `ros` 包含队列、服务关联角色、规则和目标，账号和地域由工具决定；无法表达的内容会写到标准错误。"
        "deploy/terraform 和 deploy/ros 还包含角色、权限策略、函数和告警。以数据输出时，键名与 API 和 Terraform "
        "提供程序所用的一致。"
    ),
    "Data, a Terraform file, or a ROS template.": "数据、Terraform 文件或 ROS 模板。",
    "Say what `apply` would change. Changes nothing.": "说明 `apply` 会作哪些更改。不作任何更改。",
    "Say what `apply` would change.": "说明 `apply` 会作哪些更改。",
    "Print what there is in the cloud of rule, role and queues.": "输出云端现有的规则、角色和队列。",
    "Test the event pattern on sample events, here and in the cloud.": (
        "用样例事件测试事件模式，在本机和云端各测一遍。"
    ),
    "Test the event pattern on sample events.": "用样例事件测试事件模式。",
    (
        "Nobody can publish an event of ECS: the bus `default` takes the cloud's own events only,"
        " and EventBridge has no other way to try a rule end to end. So nothing is sent by default."
        " --send puts a message into the queue that looks like a delivered notice for an instance"
        " that does not exist. It carries no signature, so that the worker only looks at the cloud,"
        " finds no such instance after two looks, and parks it as source_gone within a minute: this"
        " tests the way from the queue through the worker to the dead-letter queue, where `status`"
        " shows it, and changes nothing."
    ): (
        "任何人都不能发布 ECS 的事件：总线 `default` 只接受云端自己的事件，EventBridge 也没有其他办法端到端地试验一条规则。"
        "因此默认不发送任何内容。--send 向队列放入一条消息，看起来像已送达的中断通知，但其中的实例并不存在。它没有签名，"
        "所以工作进程只会查看云端，查两次都没有这台实例，便在一分钟内以 source_gone 搁置：这样就测试了从队列经工作进程到"
        "死信队列的通路，可用 `status` 看到，且不作任何更改。"
    ),
    "Do not ask the cloud to test the pattern.": "不请云端测试事件模式。",
    "Also put a harmless test message into the queue.": "同时向队列放入一条无害的测试消息。",
}

_LOOKING = {
    "Show what is being recreated, what recreations have left, and what can be seen of the queues.": (
        "显示正在重建的实例、重建留下的资源，以及队列中能看到的内容。"
    ),
    (
        "Recreations are told from the tags in the cloud. Of the queues only what nobody holds can"
        " be seen, up to 16 messages each. Changes nothing and receives nothing."
    ): (
        "重建的情况来自云端资源的标签。队列中只能看到无人持有的消息，每个队列最多 16 条。"
        "不作任何更改，也不接收任何消息。"
    ),
    "Show what became of a recreation: when, from what to what, which data, what is left to do.": (
        "显示一次重建的结果：何时、从什么变成什么、保留了哪些数据、还需要做什么。"
    ),
    (
        "ID is the beginning of the id of the recreation, the source or the replacement, looked for"
        " in receipts.directory. FILE is a receipt's file, and needs no configuration. Without"
        " either all receipts are listed. With --html it becomes one file for any browser, in both"
        " languages; --language says which shows first."
    ): (
        "ID 是重建、源实例或替代实例的 ID 的开头部分，在 receipts.directory 中查找。FILE 是回执文件，不需要任何配置。"
        "两者都不写则列出所有回执。加上 --html 会写成一个任何浏览器都能打开的文件，包含两种语言；"
        "--language 决定先显示哪一种。"
    ),
    "Write a page for browsers to the file PAGE [default: receipt-ID.html].": (
        "把供浏览器查看的页面写入文件 PAGE［默认为 receipt-ID.html］。"
    ),
    "Tell for each spot instance whether it would survive an interruption.": (
        "说明每台抢占式实例能否挺过一次中断。"
    ),
    (
        "For every instance that the worker would recreate: how long its image may take (a range"
        " from documents, not a measurement), what would be lost, and what to change, each as one"
        " command or setting. Exit code 1 when one would not survive. Without --record and --fix it"
        " changes nothing."
    ): (
        "对工作进程会重建的每台实例：制作镜像可能需要多久（取自文档的范围，并非实测）、会丢失什么、应当更改什么，"
        "每项更改都是一条命令或一个设置。有实例不能挺过时退出码为 1。不加 --record 和 --fix 时不作任何更改。"
    ),
    "Keep a signed capture of each source there, for the day when the event comes too late.": (
        "在此目录保存每台源实例带签名的配置记录，以备事件来得太晚时使用。"
    ),
    "Set disks to outlive their instance and give them audit.snapshot_policy, after a question.": (
        "询问之后，将磁盘设为在实例释放后保留，并为其设置 audit.snapshot_policy。"
    ),
    "Check credentials, clock, endpoints, queues, rule, permissions and quotas; change nothing.": (
        "检查凭证、时钟、接入地址、队列、规则、权限和配额；不作任何更改。"
    ),
    (
        "Run it where the worker runs and with its credentials, plus the reads of"
        " deploy/ram/doctor.json. Each permission of the worker is tried by a read, or by a change"
        " of something that cannot exist. Exit code 1 when something is wrong; notes alone are no"
        " failure."
    ): (
        "请在工作进程所在的机器上以它的凭证运行，另加 deploy/ram/doctor.json 中的读取权限。工作进程的每项权限都会试一次："
        "或是一次读取，或是对不可能存在的资源作一次更改。有问题时退出码为 1；只有提示不算失败。"
    ),
    "Print the RAM policy of a role for the names in the configuration, and check nothing.": (
        "按配置中的名称输出某个角色的 RAM 权限策略，不作检查。"
    ),
    "Look for credentials alone: no API is called, and no permission needed.": (
        "只查找凭证：不调用任何 API，也不需要任何权限。"
    ),
    "The region's quota of custom images, as Quota Center tells it; ECS tells how many there are only.": (
        "该地域的自定义镜像配额，以配额中心显示的为准；ECS 只告知现有多少个。"
    ),
    "Find spot instances that are locked, or stand stopped, and have no recreation; enqueue them.": (
        "查找已被锁定或停着、却没有重建的抢占式实例，并将其放入队列。"
    ),
    (
        "To be run by a timer, every minute or two: a locked instance is released about five"
        " minutes after its notice. The event that comes late after all does nothing, since it asks"
        " for the same recreation. Exit code 1 when one could not be enqueued."
    ): (
        "应由定时器每一两分钟运行一次：被锁定的实例约在通知后五分钟释放。迟到的事件不会再起作用，"
        "因为它要求的是同一次重建。有实例未能入队时退出码为 1。"
    ),
    (
        "Take sources in economical mode that stand stopped for stopped by the platform: use it"
        " only where no owner stops them."
    ): "把停着的节省停机模式源实例视为由平台停止：仅在没有人会手动停止它们时使用。",
}

_DEAD_LETTERS = {
    (
        "List, show, replay and discard dead letters: what was parked, moved by the queue, or not"
        " delivered."
    ): "列出、查看、重放和取出死信：被搁置的、由队列移入的、或未能投递的消息。",
    (
        "A queue shows what is in it only by handing it out: every one of these commands leases"
        " what it looks at, and gives back what it leaves. An ID is the beginning of the id of a"
        " message, a source or a recreation."
    ): (
        "队列只有把消息发出来才能让人看到内容：这些命令都会租用所查看的消息，并把不处理的交还。"
        "ID 是消息、源实例或重建的 ID 的开头部分。"
    ),
    "Take out dead letters that are settled: what they ask for has been done by others meanwhile.": (
        "取出已了结的死信：其中要求的事情在此期间已由他人完成。"
    ),
    "Take out dead letters that are settled.": "取出已了结的死信。",
    (
        "The cloud must show it: the recreation's image has its date, or its replacement runs."
        " Everything else stays, also what cannot be read, and says why. Exit code 1 when something"
        " that was named stays."
    ): (
        "必须由云端证实：重建的镜像已标注日期，或替代实例正在运行。其余的都留下（包括无法读取的），并说明原因。"
        "点名的消息未能取出时退出码为 1。"
    ),
    "Of this source only.": "仅限此源实例。",
    "Parked at this step only, such as launch.": "仅限在此步骤搁置的，例如 launch。",
    "With this reason, code or class of error only, such as no_stock; or moved, undelivered.": (
        "仅限此原因、错误码或错误类别，例如 no_stock；也可以是 moved、undelivered。"
    ),
    "At least so old, as 2h or 1d.": "至少这么久以前的，例如 2h 或 1d。",
    "At most so old.": "最多这么久以前的。",
    "Send dead letters again that are half way to the end of their retention, as they are.": (
        "把保留期已过半的死信原样重新发送。"
    ),
    "Send dead letters again before their retention ends.": "在保留期结束之前重新发送死信。",
    (
        "To be run by a timer, once a day: a queue drops a message when queue.retention is over,"
        " and that counts from its last send."
    ): "应由定时器每天运行一次：消息超过 queue.retention 就会被队列丢弃，时间从最近一次发送算起。",
    "List dead letters with reason, age and what to do. Leases them and gives them back.": (
        "列出死信及其原因、时间和处理办法。会租用这些消息，然后交还。"
    ),
    "List dead letters with reason, age and what to do.": "列出死信及其原因、时间和处理办法。",
    "Send dead letters back to the queue, where their recreation goes on.": (
        "把死信送回队列，使其重建继续进行。"
    ),
    "Send dead letters back to the queue.": "把死信送回队列。",
    (
        "Each is sent before it is deleted, so that an interruption loses nothing: run the same"
        " command again. A second copy does nothing, since both ask for one replacement. What was"
        " finished meanwhile is taken out and does nothing; what cannot be read stays. With"
        " --dry-run it says what each would do and cost. Exit code 1 when something could not be"
        " replayed."
    ): (
        "每条消息都先发送再删除，因此中途被打断也不会丢失任何内容：再次运行同一命令即可。第二份副本不起作用，"
        "因为两者要求的是同一台替代实例。在此期间已完成的会被取出，不再执行；无法读取的留下。加上 --dry-run "
        "则说明每条会做什么、费用多少。有消息未能重放时退出码为 1。"
    ),
    "At most so many.": "最多这么多条。",
    "How many to send in a minute.": "每分钟发送多少条。",
    "Launch this type only.": "只启动这种规格。",
    "Launch in this zone only.": "只在此可用区启动。",
    "Launch pay-as-you-go instead of spot, whatever launch.pay_as_you_go_max says.": (
        "以按量付费代替抢占式启动，不受 launch.pay_as_you_go_max 限制。"
    ),
    "Do this step and what follows again.": "从此步骤开始重新执行。",
    (
        "Sources as `audit --record` has kept them, for those that went before they could be"
        " captured."
    ): "由 `audit --record` 保存的源实例配置记录，供来不及记录配置就已释放的源实例使用。",
    "Show the whole story of one dead letter: what has happened, why it stopped, what to do.": (
        "显示一条死信的来龙去脉：发生了什么、为何停下、该怎么办。"
    ),
    "Show the whole story of one dead letter.": "显示一条死信的来龙去脉。",
}

_SWEEPING = {
    "List what recreations have left, with its price, and why each is kept or may go.": (
        "列出重建留下的资源及其价格，以及各自为何保留、能否删除。"
    ),
    (
        "With --apply it deletes what is due and safe: its date has passed, it is finished, nothing"
        " else uses it, nobody has edited its tags, and a running replacement holds the data. Each"
        " thing is looked at again right before. No instance is ever deleted, and nothing without"
        " our tags. It may be interrupted and repeated."
    ): (
        "加上 --apply 会删除到期且可以放心删除的资源：日期已过、已完成、没有别处在用、标签没有被人改过，"
        "并且有运行中的替代实例持有这些数据。删除之前会再查看一次。绝不删除实例，也绝不删除没有本工具标签的资源。"
        "可以中断后重复运行。"
    ),
    (
        "With IDs only those are looked at. A retained disk may hold later writes than the image,"
        " so it goes only when its ID is given."
    ): "写了 ID 则只查看这些资源。保留磁盘中可能有比镜像更新的数据，因此只有指明其 ID 才会删除。",
    "Delete what may go, after a question.": "询问之后删除可以删除的资源。",
}

_DRILL = {
    "Rehearse a recreation: image, configuration, candidates, and a launch that is only checked.": (
        "演练一次重建：镜像、配置、候选，以及一次只作检查的启动。"
    ),
    (
        "The worker's own steps run on an instance that is not being reclaimed. A replacement"
        " starts only with --launch: it has the data and the software of the source, so it must"
        " stand in a security group that lets it reach nothing. Nothing is stopped, handed over or"
        " changed on the instance itself."
    ): (
        "在一台没有被回收的实例上运行工作进程自己的步骤。只有加上 --launch 才会启动替代实例：它带有源实例的数据和软件，"
        "因此必须放在一个不允许它访问任何地方的安全组中。实例本身不会被停止、移交或更改。"
    ),
    (
        "With --handover it is: an instance with the tag spot-recreation:canary is stopped, its"
        " addresses and memberships in load balancers go to the replacement, and all of it back"
        " when that is seen."
    ): (
        "加上 --handover 则会：带有标签 spot-recreation:canary 的实例会被停止，其地址和负载均衡后端移交给替代实例，"
        "确认之后再全部移回。"
    ),
    (
        "What is made carries the drill's tag and is deleted at the end, with --launch and"
        " --handover also when it is interrupted. After any other interruption the same command"
        " goes on, and --clean takes everything away, and back. Exit code 1 when no"
        " replacement would have been launched, or something was not handed over."
    ): (
        "演练创建的资源都带有演练的标签，结束时删除；使用 --launch 或 --handover 时，被中断也会删除。"
        "其他中断之后，同一命令会继续；--clean 则全部清除并移回。"
        "不会启动任何替代实例、或有内容未能移交时，退出码为 1。"
    ),
    "The spot instance.": "抢占式实例。",
    "Launch a replacement, isolated.": "启动一台隔离的替代实例。",
    "Also stop the instance, a canary, and hand over; then everything goes back.": (
        "同时停止实例（须为金丝雀实例）并移交；之后全部移回。"
    ),
    "The only security group of the replacement; make one that lets nothing out.": (
        "替代实例唯一的安全组；请创建一个不允许任何出方向访问的安全组。"
    ),
    "Leave what was made for a look at it.": "保留所创建的资源，以便查看。",
    "Only delete what drills of the instance have left.": "只删除该实例的演练留下的资源。",
}

_NOTIFY = {
    "Notifications: messages to DingTalk, Feishu, WeCom, Slack, mail or a webhook.": (
        "通知：发送到钉钉、飞书、企业微信、Slack、邮件或 webhook 的消息。"
    ),
    (
        "Their addresses stand in ALIYUN_OPS_NOTIFY_URLS, separated by blanks, or in the file that"
        " notify.urls_file names. They are secrets: a channel is called here by its number and its"
        " kind."
    ): (
        "地址写在 ALIYUN_OPS_NOTIFY_URLS 中（以空格分隔），或写在 notify.urls_file 指定的文件中。"
        "它们属于机密：这里只以编号和种类称呼渠道。"
    ),
    "Send an example, marked as a test, to every channel, and say which of them took it.": (
        "向每个渠道发送一条标明为测试的示例，并说明哪些渠道已接收。"
    ),
    "Send an example to every channel.": "向每个渠道发送一条示例。",
    "Of which kind the example is.": "示例的种类。",
}

_DEMO = {
    "Reclaim a spot instance of a small cloud on this machine, and watch it come back.": (
        "在本机的一片小小的云中回收一台抢占式实例，并观看它恢复的过程。"
    ),
    (
        "Starts the emulator, sets up the rule, runs a worker, reclaims the instance, shows the"
        " receipt, and asks the cloud itself whether anything was lost. Needs no account and no"
        " network. Exit code 0 only if the instance was recovered and all data is there. With"
        " --function the local function server is called as in Function Compute, and what it would"
        " be billed is told."
    ): (
        "启动模拟器，设置规则，运行一个工作进程，回收实例，显示回执，并向云端核实是否有任何丢失。不需要账号和网络。"
        "只有实例已恢复且数据齐全时退出码才为 0。加上 --function 则像函数计算那样调用本地的函数服务，并说明会产生多少费用。"
    ),
    "What happens.": "要演示的场景。",
    "Let a function work, and no worker.": "由函数工作，不启动工作进程。",
    "Take chance out of the cloud's durations; --function does.": (
        "去掉云端各项耗时中的随机成分；--function 会自动这样做。"
    ),
    "Say what the scenarios are.": "列出所有场景。",
    "Seconds of the cloud per real second [default: 10; 4 with --function].": (
        "现实中的一秒相当于云端的多少秒［默认为 10；加上 --function 时为 4］。"
    ),
    "Seed of the cloud's random choices.": "云端随机选择的种子。",
    "Keep the receipt as a page for browsers.": "把回执保存为供浏览器查看的页面。",
}

_EMULATOR = {
    "Run a local Alibaba Cloud: ECS, VPC, EventBridge and SMQ (MNS).": (
        "在本机运行一片阿里云：ECS、VPC、EventBridge 和 SMQ（MNS）。"
    ),
    (
        "Official SDKs talk to it unmodified when their endpoint is set to the printed address. It"
        " listens on 127.0.0.1 only and forgets everything when it stops. A page for people is at"
        " the same address."
    ): (
        "官方 SDK 只需把接入地址设为所输出的地址，即可不经修改地与它通信。它只监听 127.0.0.1，停止后忘记一切。"
        "同一地址上还有供人查看的页面。"
    ),
    (
        'The accepted access key is "emulator" with secret "emulator-secret"; the environment'
        " variables EMULATOR_ACCESS_KEY_ID, EMULATOR_ACCESS_KEY_SECRET and EMULATOR_SECURITY_TOKEN"
        " name another."
    ): (
        '接受的 AccessKey 为 "emulator"，密钥为 "emulator-secret"；可用环境变量 EMULATOR_ACCESS_KEY_ID、'
        "EMULATOR_ACCESS_KEY_SECRET 和 EMULATOR_SECURITY_TOKEN 另行指定。"
    ),
    "Port of the first region; the others get the ports after it. 0 takes free ports.": (
        "第一个地域的端口；其余地域依次使用后面的端口。0 表示任选空闲端口。"
    ),
    "A region to serve, on a port of its own. Can be given several times.": (
        "要提供的地域，各用一个端口。可以写多次。"
    ),
    "The account.": "账号。",
    "Virtual seconds per real second. Signatures and socket time-outs stay real.": (
        "现实中的一秒相当于多少虚拟秒。签名和套接字超时仍按真实时间。"
    ),
    "Virtual time of the beginning, in UTC. The present time if not given.": (
        "开始时的虚拟时间（UTC）。不写则为当前时间。"
    ),
    "Seed of every random choice.": "所有随机选择的种子。",
    "What to begin with: queues, instances, stock, calls and faults, as JSON or YAML.": (
        "开始时的内容：队列、实例、库存、调用和故障，JSON 或 YAML 文件。"
    ),
    "Real milliseconds by which every answer is late, for example 50 300. None if not given.": (
        "每个应答延迟的真实毫秒数的下限和上限，例如 50 300。不写则不延迟。"
    ),
    "Receives that may wait at once; further ones get nothing at once, as in the real cloud.": (
        "可以同时等待的接收请求数；超出的立即得到空应答，与真实云端一致。"
    ),
    "Another reading of something undocumented; see emulator/assumptions.py.": (
        "对文档未说明之处采用另一种理解；见 emulator/assumptions.py。"
    ),
    "Another duration or quota of ECS; see emulator/state/ecs/settings.py.": (
        "更改 ECS 的耗时或配额；见 emulator/state/ecs/settings.py。"
    ),
    (
        "A further access key, with the secret ID-secret, that may do only what the RAM policy in"
        " FILE allows. Given several times for one ID, the policies add up."
    ): (
        "另一个 AccessKey，密钥为 ID-secret，只能做 FILE 中的 RAM 权限策略所允许的事。对同一 ID 写多次时，策略累加。"
    ),
    "Say where it listens as one line of JSON.": "以一行 JSON 说明监听的地址。",
}

HELP: Mapping[str, str] = {
    **_FRAME,
    **_SUMMARIES,
    **_WORKING,
    **_CONFIG,
    **_RULE,
    **_LOOKING,
    **_DEAD_LETTERS,
    **_SWEEPING,
    **_DRILL,
    **_NOTIFY,
    **_DEMO,
    **_EMULATOR,
}

# What click says about a wrong call; `{0}` is the pattern's first group, which is read in the same table.
MISUSE: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.DOTALL), chinese)
    for pattern, chinese in (
        (
            r"(No such (?:option|command) '[^']*'\.) \(?Did you mean (?:one of: )?(.+)\?\)?",
            "{0}；是否指 {1}？",
        ),
        (r"No such option '([^']*)'\.", "没有选项 {0}"),
        (r"No such command '([^']*)'\.", "没有命令 {0}"),
        (r"Missing command\.", "缺少命令"),
        (r"Missing argument '([^']*)'\.", "缺少参数 {0}"),
        (r"Missing option '([^']*)'\.", "缺少选项 {0}"),
        (r"Option '([^']*)' requires an argument\.", "选项 {0} 需要一个值"),
        (r"Option '([^']*)' requires (\d+) arguments\.", "选项 {0} 需要 {1} 个值"),
        (r"Option '([^']*)' does not take a value\.", "选项 {0} 不带值"),
        (r"Got unexpected extra arguments? \((.*)\)", "多余的参数：{0}"),
        (r"Invalid value for '([^']*)': (.*)", "{0} 的值无效：{1}"),
        (r"Invalid value: (.*)", "值无效：{0}"),
        (r"(.*) is not a valid integer(?: range)?\.", "{0} 不是有效的整数"),
        (r"(.*) is not a valid float(?: range)?\.", "{0} 不是有效的数"),
        (r"(.*) is not in the range (.*)\.", "{0} 不在 {1} 范围内"),
        (r"(.*) is not one of (.*)\.", "{0} 不是 {1} 之一"),
        (r"(?:File|Directory|Path) '(.*)' does not exist\.", "{0} 不存在"),
        (r"Directory '(.*)' is a file\.", "{0} 是文件，不是目录"),
        (r"File '(.*)' is a directory\.", "{0} 是目录，不是文件"),
        (r"(.*) is no step; there are (.*)", "{0} 不是步骤；可用的有 {1}"),
    )
)
