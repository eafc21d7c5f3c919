"""What is wrong with a configuration and what to write instead, as patterns, and their Chinese; see `sentences`.

Both halves of a `worker.settings.problems.Problem`, each by itself.
"""

import re

# `path: problem (found X); advice`.
PROBLEM = re.compile(r"(\S+(?: \(from \S+\))?): (.+?)(?: \(found (.+)\))?; (.+)", re.DOTALL)

_KINDS = (
    (r"is an unknown key", "未知的键"),
    (r"is not set", "未设置"),
    (r"is not one of the choices", "不是可选值之一"),
    (r"must be true or false", "必须为 true 或 false"),
    (r"must be a whole number", "必须为整数"),
    (r"must be text", "必须为文本"),
    (r"must be a list", "必须为列表"),
    (r"must be a mapping", "必须为映射"),
    (r"must be a section", "必须为一节"),
    (r"must be whole seconds", "必须为整秒"),
    (r"must hold sections such as queue:", "必须由 queue: 这样的节组成"),
    (r"is not a number with a unit", "不是带单位的数"),
    (r"needs a unit", "缺少单位"),
    (r"has a wrong unit", "单位有误"),
    (r"has its units out of order", "单位顺序有误"),
    (r"is not a number", "不是数"),
    (r"is not between (\S+) and (\S+)", "不在 {0} 和 {1} 之间"),
    (r"is less than (\S+)(?: \((.+)\))?", "小于 {0}"),
    (r"is more than (\S+)(?: \((.+)\))?", "大于 {0}"),
    (r"is shorter than (\d+) characters", "少于 {0} 个字符"),
    (r"is longer than (\d+) bytes", "超过 {0} 字节"),
    (r"is empty", "为空"),
    (r"is not a file that exists", "文件不存在"),
    (r"is not a host name or an http\(s\) URL", "不是主机名，也不是 http(s) URL"),
    (r"has a path", "带有路径"),
    (r"holds a control character", "含有控制字符"),
    (
        r"looks like a secret, and secrets never stand in the file",
        "看起来是密钥，而密钥绝不能写在文件中",
    ),
    (r"holds what looks like an access key", "看起来含有 AccessKey"),
    (r"repeats the key (.+) of line (\d+)", "与第 {1} 行的键 {0} 重复"),
    (r"is not YAML: (.+)", "不是 YAML：{0}"),
    (r"is the queue itself", "就是队列本身"),
    (r"is another of our queues", "是本工具的另一个队列"),
    (r"must be less than (\S+) \((\S+)\)", "必须小于 {0}（{1}）"),
    (r"must be more than (\S+) \((\S+)\)", "必须大于 {0}（{1}）"),
    (r"must not be more than (\S+) \((\S+)\)", "不得大于 {0}（{1}）"),
    (r"must be at least (\S+) \((\S+)\)", "必须至少为 {0}（{1}）"),
    (
        r"must be less than queue\.retention \((\S+)\), or the message is lost first",
        "必须小于 queue.retention（{0}），否则消息会先丢失",
    ),
    (
        (
            r"must outlast the slowest call \(connect_timeout \+ long_poll \+ read_timeout = (\S+)\) by"
            r" (\S+)"
        ),
        "必须比最慢的调用（connect_timeout + long_poll + read_timeout = {0}）长 {1}",
    ),
    (
        (
            r"is less than one recreation may need: (\d+) delivery, (\d+) hand-backs"
            r" \(notice\.give_up_after / worker\.hand_back_every\) and (\d+) crashes"
        ),
        (
            "少于一次重建可能需要的次数：投递 {0} 次，交还 {1} 次（notice.give_up_after / "
            "worker.hand_back_every），崩溃 {2} 次"
        ),
    ),
    (r"is not set while (\S+) is", "未设置，但 {0} 已设置"),
    (
        r"keeps pages while receipts\.directory is not set",
        "要保存页面，但未设置 receipts.directory",
    ),
    (r"is missing for health\.check: (\S+)", "health.check: {0} 需要它"),
    (r"names one twice", "有一项写了两次"),
)

_ADVICE = (
    (r"write (.+) or more", "请写 {0} 或更大的值"),
    (r"write (.+) or less", "请写 {0} 或更小的值"),
    (r"write less, such as (\S+)", "请写小一些，例如 {0}"),
    (r"write more, such as (\S+)", "请写大一些，例如 {0}"),
    (r"write less, or raise (\S+)", "请写小一些，或调大 {0}"),
    (r"write one of (.+) or ([^ ]+)", "请写 {0} 或 {1} 之一"),
    (r"write another name", "请写另一个名称"),
    (
        r"write a name of its own, so that undelivered events are told from parked ones",
        "请写一个单独的名称，以便区分未投递的事件和被搁置的消息",
    ),
    (r"write true or false", "请写 true 或 false"),
    (r"write digits without quotes", "请写不带引号的数字"),
    (r"write text", "请写文本"),
    (r"write plain text", "请写普通文本"),
    (r"write \[a, b\], or one '- item' per line", "请写 [a, b]，或每行写一个 '- item'"),
    (r"write 'key: value' lines, or \{\} for none", "请写 'key: value' 行；没有则写 {{}}"),
    (r"write key: value lines", "请写 key: value 行"),
    (r"write its keys below it, indented", "请将其键缩进写在下面"),
    (r"write 15s, 5m, 7d or 1h30m", "请写 15s、5m、7d 或 1h30m"),
    (r"write 512B or 64KiB", "请写 512B 或 64KiB"),
    (r"write the largest first and each once", "请从大到小书写，每个单位只写一次"),
    (r"write a share such as (\S+)", "请写 {0} 这样的比例"),
    (r"write a script, or null for none", "请写脚本；没有则写 null"),
    (r"write the port of your service", "请写服务的端口"),
    (r"write the script", "请写脚本"),
    (r"write (\S+)", "请写 {0}"),
    (r"did you mean (\S+)\?", "是否指 {0}？"),
    (r"take it out; config\.yaml lists all keys", "请删除它；config.yaml 列出了所有的键"),
    (r"name each once", "每项请只写一次"),
    (r"keep one of the two", "请只保留其中一个"),
    (r"put it in quotes: (.+)", "请加上引号：{0}"),
    (r"put it on the server and call it here", "请将其放在服务器上，在此调用"),
    (r"make one with: (.+)", "可用以下命令生成：{0}"),
    (r"set (\S+) instead", "请改为设置 {0}"),
    (r"set receipts\.directory, or write false", "请设置 receipts.directory，或写 false"),
    (
        r"name the file with --config or ALIYUN_OPS_CONFIG",
        "请用 --config 或 ALIYUN_OPS_CONFIG 指明文件",
    ),
    (
        r"name the file with --config or ALIYUN_OPS_CONFIG, or run where config\.yaml is",
        "请用 --config 或 ALIYUN_OPS_CONFIG 指明文件，或在 config.yaml 所在的目录运行",
    ),
    (r"check indentation, colons and quotes at that place", "请检查该处的缩进、冒号和引号"),
)

PROBLEMS = tuple((re.compile(pattern), chinese) for pattern, chinese in (*_KINDS, *_ADVICE))
