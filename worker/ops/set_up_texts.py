"""The texts of `config check` and `rule`, in English and in Chinese; see `texts`."""

from collections.abc import Mapping

SET_UP_TEXTS: Mapping[str, tuple[str, str]] = {
    "config.good": (
        "{file} is good: account {account}, region {region}, owner {owner}.",
        "{file} 配置可用：账号 {account}，地域 {region}，owner {owner}。",
    ),
    "config.receives": (
        (
            "queue.max_receive_count {limit} covers the {needed} receives that one recreation may need: "
            "{delivery} delivery, {hand_backs} hand-backs, {crashes} crashes."
        ),
        (
            "queue.max_receive_count {limit} 足够一次重建可能需要的 {needed} 次接收：投递 {delivery} 次，"
            "交还 {hand_backs} 次，崩溃 {crashes} 次。"
        ),
    ),
    "config.signed": (
        "Progress is signed; {number} key(s) set.",
        "进度带有签名；已设置 {number} 个密钥。",
    ),
    "rule.done": ("done: {what}", "已完成：{what}"),
    "rule.note": ("note: {what}", "说明：{what}"),
    "rule.nothing": ("Nothing to change.", "无需更改。"),
    "rule.apply?": ("Carry this out?", "要执行吗？"),
    "rule.applied": ("The cloud shows all of it.", "云端已显示全部内容。"),
    "rule.destroy?": ("Delete this?", "要删除吗？"),
    "rule.destroyed": (
        "Gone, but for what the notes above name.",
        "已删除，上文说明中所列的除外。",
    ),
    "rule.role.exists": ("service-linked role {role}: exists", "服务关联角色 {role}：已存在"),
    "rule.role.missing": ("service-linked role {role}: missing", "服务关联角色 {role}：不存在"),
    "rule.sent": (
        (
            "message {message} is in {queue}; the worker's log should tell of it within seconds, "
            "and the dead-letter queue hold it within a minute"
        ),
        "消息 {message} 已放入 {queue}；工作进程的日志应在数秒内提到它，一分钟内它应出现在死信队列中",
    ),
    "rule.word.yes": ("yes", "是"),
    "rule.word.no": ("no", "否"),
    "rule.word.not asked": ("not asked", "未询问"),
    "rule.word.missing": ("missing", "不存在"),
    "rule.word.no mark": ("no mark", "没有标记"),
    "rule.word.not told": ("not told", "未告知"),
    "rule.word.off": ("off", "关闭"),
    "rule.word.none": ("none", "无"),
    "rule.word.enabled": ("enabled", "已启用"),
    "rule.word.disabled": ("disabled", "已停用"),
    "rule.after": ("{queue} after {number}", "{number} 次后进入 {queue}"),
    "rule.column.queue": ("queue", "队列"),
    "rule.column.owner": ("owner", "owner"),
    "rule.column.visibility": ("visibility", "不可见时长"),
    "rule.column.retention": ("retention", "保留期"),
    "rule.column.dead letters": ("dead letters", "死信"),
    "rule.column.rule": ("rule", "规则"),
    "rule.column.state": ("state", "状态"),
    "rule.column.target": ("target", "目标"),
    "rule.column.endpoint": ("endpoint", "地址"),
    "rule.column.sample": ("sample", "样例"),
    "rule.column.should match": ("should match", "应匹配"),
    "rule.column.here": ("here", "本机"),
    "rule.column.in the cloud": ("in the cloud", "云端"),
}
