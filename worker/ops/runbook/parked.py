"""What to do about each reason for parking, and about dead letters that nobody parked."""

from collections.abc import Mapping

from worker.core.outcomes import Park
from worker.ops.doctor_texts import Text
from worker.ops.runbook.entry import Entry

_SHOW = Text(
    "`aliyun-ops dlq show ID`: reason, code, image, disks, candidates and timeline in one page.",
    "运行 `aliyun-ops dlq show ID`：原因、错误码、镜像、磁盘、候选和时间线都在一页里。",
)
_REPLAY = Text(
    "`aliyun-ops dlq replay ID --dry-run`, and if you like what it says, the same without `--dry-run`.",
    "先运行 `aliyun-ops dlq replay ID --dry-run`，确认无误后去掉 `--dry-run` 再运行一次。",
)
_IMAGE_SAFE = Text(
    "The image and the retained disks stay; nothing deletes them without you.",
    "镜像和保留的磁盘都在，没有您的操作不会被删除。",
)
_REPORT = Text(
    "Report it with the log lines of this recreation: a defect must not stay a habit.",
    "附上这次重建的日志提交问题报告，避免同一缺陷反复出现。",
)

PARKED: Mapping[Park, Entry] = {
    Park.UNREADABLE: Entry(
        Text("a message that nobody can read", "消息无法读取"),
        Text(
            "The body is no event of a form that is known, or a message of ours came back without its signature.",
            "消息正文不是已知形式的事件，或者本工具的消息回来时丢了签名。",
        ),
        Text(
            "The body is kept as it was delivered. If it was an interruption, though, nobody works on it, and its notice runs.",
            "正文按收到时的原样保存。但如果它确实是中断通知，目前就没有人在处理，而通知期正在流逝。",
        ),
        (
            Text(
                "`aliyun-ops reconcile`: if an instance is being reclaimed and nobody works on it, this enqueues it, whatever became of its message.",
                "运行 `aliyun-ops reconcile`：只要有实例正在被回收而无人处理，就会补发，与原消息的下落无关。",
            ),
            Text(
                "`aliyun-ops dlq show ID`: read the body. Something foreign to this queue explains itself there; delete it in the SMQ console, for no command of this program does.",
                "运行 `aliyun-ops dlq show ID` 阅读正文，多半能看出是谁误发到这个队列；请在 SMQ 控制台删除它，本程序没有命令会删除。",
            ),
        ),
        Text(
            "`aliyun-ops doctor` checks pattern and target of the rule. A lost signature means that workers have different keys: give all the same `ALIYUN_OPS_SIGNING_KEY`, and the one before as `ALIYUN_OPS_SIGNING_KEY_PREVIOUS`; then replay.",
            "用 `aliyun-ops doctor` 检查规则的事件模式和目标。签名丢失说明各工作进程的密钥不一致：统一 `ALIYUN_OPS_SIGNING_KEY`，旧密钥放在 `ALIYUN_OPS_SIGNING_KEY_PREVIOUS`，然后重放。",
        ),
    ),
    Park.FOREIGN: Entry(
        Text("a message for somebody else", "不属于这里的消息"),
        Text(
            "The event names another account or region than the worker's, or the progress is that of another `owner`.",
            "事件中的账号或地域与工作进程不同，或者进度属于另一套部署（`owner` 不同）。",
        ),
        Text(
            "Nothing of yours was touched. The instance that it names is not looked after by this deployment.",
            "您的资源没有被动过。消息里的那台实例不归这套部署管。",
        ),
        (
            Text(
                "`aliyun-ops config show`: are account, region and owner what they should be? If not, mend them, restart the workers, replay.",
                "运行 `aliyun-ops config show`，核对账号、地域和 owner。如有错误，改正后重启工作进程，再重放。",
            ),
            Text(
                "If they are right: `aliyun-ops dlq show ID` tells for whom it was; hand it on, then delete it in the SMQ console.",
                "如果没错：用 `aliyun-ops dlq show ID` 看它本该发给谁；转交之后在 SMQ 控制台删除。",
            ),
        ),
        Text(
            "Find out who may send to this queue and narrow it. Two deployments need a queue each.",
            "查明谁有权向这个队列发消息并收紧权限。两套部署应各用各的队列。",
        ),
    ),
    Park.SOURCE_GONE: Entry(
        Text("the source went before it was saved", "源实例在保存之前已释放"),
        Text(
            "The event came too late, or nobody worked on it in time: when the worker looked, the instance was not there any more, or was gone before its image or its capture.",
            "事件来得太晚，或未能及时处理：工作进程查看时实例已经不在，或者在制作镜像、记录配置之前被释放。",
        ),
        Text(
            "Whatever outlives the instance is there: disks that were set so before, automatic snapshots, and the image if the message names one.",
            "不随实例释放的东西都还在：事先设为保留的磁盘、自动快照，以及消息中列出的镜像（如果有）。",
        ),
        (
            _SHOW,
            Text(
                "It names an image, and `audit --record` has kept the source: `aliyun-ops dlq replay ID` with `--captures` and that directory goes on from both.",
                "如果列出了镜像，并且 `audit --record` 保存过该实例：运行 `aliyun-ops dlq replay ID` 并用 `--captures` 指定该目录，由两者继续重建。",
            ),
            Text(
                "It names no image but free disks, the system disk among them, and `audit --record` has kept the source: with `rescue` in `clone.fallbacks` a replay launches from the base image and attaches the disks.",
                "如果没有镜像，但列出了空闲的磁盘（含系统盘），并且 `audit --record` 保存过该实例：在 `clone.fallbacks` 中加入 `rescue` 后重放，会从基础镜像启动并挂载这些磁盘。",
            ),
            Text(
                "It names an image only: launch an instance from it in the console.",
                "如果只有镜像：在控制台用该镜像创建实例。",
            ),
            Text(
                "No image: look for disks (`aliyun ecs DescribeDisks --RegionId REGION --Tag.1.Key spot-recreation:source --Tag.1.Value INSTANCE`, and by name in the console) and for snapshots, and go on at [the data of a retained disk](#get-at-the-data-of-a-retained-disk).",
                "没有镜像：查找磁盘（`aliyun ecs DescribeDisks --RegionId REGION --Tag.1.Key spot-recreation:source --Tag.1.Value INSTANCE`，或在控制台按名称查找）和快照，然后按[取回保留磁盘上的数据](#取回保留磁盘上的数据)处理。",
            ),
        ),
        Text(
            "Find out why it was late: the receive time is in `dlq show`. Let `audit --record` run daily, and let disks outlive their instances (`aliyun-ops audit --fix`).",
            "查明为什么晚：`dlq show` 里有收到的时刻。每天定时运行 `audit --record`，并让磁盘不随实例释放（`aliyun-ops audit --fix`）。",
        ),
    ),
    Park.SOURCE_STOPPED: Entry(
        Text("a stopped instance in economical mode", "节省停机模式的实例已停止"),
        Text(
            "An event told of an interruption, but nobody saw the lock, and the instance stands stopped. The platform may have stopped it, or its owner.",
            "收到了中断事件，但没有见到实例被锁定，而它现在处于停止状态：可能是平台停的，也可能是用户自己停的。",
        ),
        Text(
            "The instance and all its disks are there. Nothing was changed.",
            "实例和全部磁盘都在，没有做过任何更改。",
        ),
        (
            Text(
                "If it should run: `aliyun ecs StartInstance --InstanceId INSTANCE`. Refused for stock: `aliyun-ops reconcile --stopped` starts or clones it.",
                "如果它应当运行：`aliyun ecs StartInstance --InstanceId INSTANCE`。因库存被拒绝时，运行 `aliyun-ops reconcile --stopped`，由本工具启动或克隆它。",
            ),
            Text(
                "If its owner has stopped it: leave it.",
                "如果是用户主动停机：不用处理。",
            ),
        ),
        Text(
            "Delete the message in the SMQ console once it is settled, since a replay would only ask again.",
            "处理完后在轻量消息队列控制台删除该消息；重放只会得到同样的问题。",
        ),
    ),
    Park.IMAGE_FAILED: Entry(
        Text("the image failed", "镜像制作失败"),
        Text(
            "The image failed or vanished, its snapshots are not finished, and nothing that `clone.fallbacks` allows could be booted from either. The platform's own stop can do that to an image in the making.",
            "镜像失败或消失，它的快照也没有完成，`clone.fallbacks` 允许的后备方式也都不可用。平台停机可能使制作中的镜像失败。",
        ),
        Text(
            "The data is on the retained disks that `dlq show` lists; do not delete them. With `retaining the disks` or `disks outliving the instance` among what was not done, they may have gone with the source.",
            "数据在 `dlq show` 列出的保留磁盘上，请勿删除。如果“未完成”中有“保留磁盘”或“让磁盘在实例释放后保留”，磁盘可能已随源实例释放。",
        ),
        (
            _SHOW,
            Text(
                "[Get at the data of a retained disk](#get-at-the-data-of-a-retained-disk).",
                "[取回保留磁盘上的数据](#取回保留磁盘上的数据)。",
            ),
        ),
        Text(
            "`clone.fallbacks: [rescue]` boots the base image with all retained disks attached instead of waiting for you; `clone.data_disks: reattach` takes large data disks out of the image. `aliyun-ops audit` tells whose image is too slow for the notice.",
            "`clone.fallbacks: [rescue]` 会用基础镜像启动并挂载全部保留磁盘，不必等人；`clone.data_disks: reattach` 让大数据盘不进镜像。用 `aliyun-ops audit` 查看哪些实例的镜像赶不上通知期。",
        ),
    ),
    Park.IMAGE_TOO_SLOW: Entry(
        Text("the image is not done yet", "镜像迟迟没有完成"),
        Text(
            "The image was accepted but is not usable after `image.wait_max`. Large disks without an earlier snapshot take long.",
            "镜像已受理，但超过 `image.wait_max` 仍不可用。没有历史快照的大磁盘耗时很长。",
        ),
        Text(
            "The image goes on by itself, from the retained disks: delete neither of them nor its snapshots.",
            "镜像会依靠保留的磁盘继续制作：不要删除这些磁盘和它的快照。",
        ),
        (
            Text(
                "`aliyun-ops status` shows how many per cent it has.",
                "`aliyun-ops status` 显示镜像进度。",
            ),
            Text(
                "When it is ready: `aliyun-ops dlq replay ID`.",
                "镜像可用后：`aliyun-ops dlq replay ID`。",
            ),
            Text(
                "If you cannot wait: [get at the data of a retained disk](#get-at-the-data-of-a-retained-disk).",
                "等不及时：[取回保留磁盘上的数据](#取回保留磁盘上的数据)。",
            ),
        ),
        Text(
            "`aliyun-ops audit --fix` gives the disks a snapshot policy, after which an image copies only what has changed. Else raise `image.wait_max`.",
            "`aliyun-ops audit --fix` 为磁盘应用自动快照策略，此后镜像只复制变化的数据；或者调大 `image.wait_max`。",
        ),
    ),
    Park.NAME_TAKEN: Entry(
        Text("another image has the name", "镜像名称被占用"),
        Text(
            "An image with the name of this recreation exists and carries no tag of it. So the worker can make none.",
            "已有一个镜像使用了本次重建的名称，但没有它的标签，因此工作进程无法制作镜像。",
        ),
        Text(
            "The source, while its notice lasts; then its retained disks.",
            "通知期内源实例还在；之后数据在保留的磁盘上。",
        ),
        (
            Text(
                "At once, while the source still lives: `aliyun ecs ModifyImageAttribute --RegionId REGION --ImageId IMAGE --ImageName NEW-NAME`, then `aliyun-ops dlq replay ID`.",
                "趁源实例还在，立即运行 `aliyun ecs ModifyImageAttribute --RegionId REGION --ImageId IMAGE --ImageName NEW-NAME`，然后 `aliyun-ops dlq replay ID`。",
            ),
            Text(
                "The source is gone: [get at the data of a retained disk](#get-at-the-data-of-a-retained-disk).",
                "源实例已释放：[取回保留磁盘上的数据](#取回保留磁盘上的数据)。",
            ),
        ),
        Text(
            "Find out who names or copies images `recreation-...` or removes tags from them, and stop it.",
            "查明谁在创建、复制名为 `recreation-...` 的镜像，或删除了镜像的标签，并加以制止。",
        ),
    ),
    Park.REPLACED_BEFORE: Entry(
        Text("an earlier replacement still exists", "此前的替代实例仍然存在"),
        Text(
            "The source outlived an earlier notice beside its replacement and has been reclaimed now, or it was recreated from an image that is older than this notice. What it wrote since is not on that replacement, and a second one was not launched beside it.",
            "源实例在此前的通知后与其替代实例并存，现在又被回收；或者重建所用的镜像早于本次通知。此后写入的数据不在那台替代实例上，也没有再启动第二台。",
        ),
        Text(
            "In the image of this notice, if there is one (`aliyun-ops dlq show ID` names it), and on the retained disks.",
            "在本次通知的镜像中（如有，`aliyun-ops dlq show ID` 会列出），也在保留的磁盘上。",
        ),
        (
            Text(
                "The data of the earlier replacement counts: delete the message in the SMQ console, and the image of this notice by hand once nobody misses what is in it. `dlq discard` takes only what is recreated.",
                "以此前的替代实例为准：在 SMQ 控制台删除这条消息；确认这次通知的镜像无用后再手动删除镜像。`dlq discard` 只移除已经重建的。",
            ),
            Text(
                "The newer data counts: delete the earlier replacement, then `aliyun-ops dlq replay ID`.",
                "以较新的数据为准：删除此前的替代实例，然后运行 `aliyun-ops dlq replay ID`。",
            ),
        ),
        Text(
            "Delete one of the two as soon as a notice is taken back: the receipt says when a source stays.",
            "通知被撤回后尽快删除两台中的一台；凭据会写明源实例是否保留。",
        ),
    ),
    Park.NO_STOCK: Entry(
        Text("nothing could be launched for lack of stock", "没有库存可用"),
        Text(
            "Every candidate was refused, in as many rounds as `launch.epochs_max` allows, or the configuration forbids all of them.",
            "所有候选都被拒绝，轮次已达 `launch.epochs_max`；或者配置排除了所有候选。",
        ),
        Text(
            "The image and the retained disks stay; nothing deletes them without you. Time is not pressing for the data, only for the service.",
            "镜像和保留的磁盘都在，没有您的操作不会被删除。数据不着急，着急的只是业务。",
        ),
        (
            Text(
                "The quickest way back: `aliyun-ops dlq replay ID --pay-as-you-go --dry-run` tells the price; then without `--dry-run`.",
                "恢复最快的办法：`aliyun-ops dlq replay ID --pay-as-you-go --dry-run` 会给出价格，确认后去掉 `--dry-run`。",
            ),
            Text(
                "Or another type or zone: `aliyun-ops dlq replay ID --type TYPE --zone ZONE`.",
                "或换规格、换可用区：`aliyun-ops dlq replay ID --type TYPE --zone ZONE`。",
            ),
            Text(
                "Or when there is stock again, all of them: `aliyun-ops dlq replay --error no_stock --rate 30`.",
                "或等有库存后一起重放：`aliyun-ops dlq replay --error no_stock --rate 30`。",
            ),
        ),
        Text(
            "Widen the choice: `launch.other_zones`, `launch.same_type_only: false`, `launch.families`, and `launch.pay_as_you_go_max` for a last resort. A VPC needs a subnet in each zone.",
            "放宽选择范围：`launch.other_zones`、`launch.same_type_only: false`、`launch.families`，并用 `launch.pay_as_you_go_max` 兜底。每个可用区都要有交换机。",
        ),
    ),
    Park.ONE_TOO_MANY: Entry(
        Text("one too many, and the other one is gone", "多出的一台，而另一台已不存在"),
        Text(
            "Two replacements had been launched once, and this one was marked with `spot-recreation:quarantined`. It has been reclaimed; the one that was to stay exists no more, nor does a replacement of it.",
            "此前启动过两台替代实例，本实例被加上了 `spot-recreation:quarantined` 标签。现在它被回收，而应当保留的那台及其替代实例都已不存在。",
        ),
        _IMAGE_SAFE,
        (
            Text(
                "This one served: `aliyun-ops dlq replay ID`, which launches its replacement at once.",
                "由它提供服务：运行 `aliyun-ops dlq replay ID`，会立即启动它的替代实例。",
            ),
            Text(
                "It did not: delete the message in the SMQ console. `dlq discard` takes only what is recreated.",
                "没有由它提供服务：在 SMQ 控制台删除这条消息。`dlq discard` 只移除已经重建的。",
            ),
        ),
        Text(
            "Delete the one too many when you are told of it, or take its tag off if it is to stay.",
            "收到通知后删除多出的一台；若要保留它，请去掉它的标签。",
        ),
    ),
    Park.TOO_MANY_GENERATIONS: Entry(
        Text("reclaimed again and again", "反复被回收"),
        Text(
            "The instance and its replacements were recreated `limits.generations_per_day` times within a day. The worker does not feed a pool that takes everything back.",
            "该实例及其替代实例一天内已重建 `limits.generations_per_day` 次。资源池反复回收时，工作进程不再继续投入。",
        ),
        _IMAGE_SAFE,
        (
            Text(
                "Out of the pool: `aliyun-ops dlq replay ID --type TYPE --zone ZONE`, or `--pay-as-you-go`, which nobody reclaims.",
                "换一个资源池：`aliyun-ops dlq replay ID --type TYPE --zone ZONE`；或加 `--pay-as-you-go`，按量付费不会被回收。",
            ),
            Text(
                "Or, when the pool is calm: `aliyun-ops dlq replay ID`, which counts no more.",
                "或等资源池平稳后：`aliyun-ops dlq replay ID`，重放不再计数。",
            ),
        ),
        Text(
            "Choose other types for this server; leave `launch.reclaimed_pool: last`.",
            "为这台服务器另选规格；保持 `launch.reclaimed_pool: last`。",
        ),
    ),
    Park.NO_ADDRESS: Entry(
        Text("the private address is not free", "私网地址未释放"),
        Text(
            "`handover.private_ip: same_or_park` asks for the source's own address, and somebody else has it.",
            "`handover.private_ip: same_or_park` 要求沿用源实例的私网地址，但该地址被占用。",
        ),
        _IMAGE_SAFE,
        (
            Text(
                "Who has it: `aliyun ecs DescribeNetworkInterfaces --RegionId REGION --PrivateIpAddress.1 ADDRESS`. Free it, then `aliyun-ops dlq replay ID`.",
                "查占用者：`aliyun ecs DescribeNetworkInterfaces --RegionId REGION --PrivateIpAddress.1 ADDRESS`。释放后 `aliyun-ops dlq replay ID`。",
            ),
            Text(
                "If another address will do: set `handover.private_ip: same_or_fast`, restart the workers, replay.",
                "如果换地址也可以：设置 `handover.private_ip: same_or_fast`，重启工作进程后重放。",
            ),
        ),
        Text(
            "A server whose address matters should be reached by a name or a load balancer.",
            "依赖固定地址的业务，应改用域名或负载均衡访问。",
        ),
    ),
    Park.NOT_RUNNING: Entry(
        Text("the replacement does not start", "替代实例没有运行"),
        Text(
            "The replacement was accepted but is not Running after `launch.running_wait_max`. In economical mode it is the source itself, which was started again.",
            "替代实例已下单，但超过 `launch.running_wait_max` 仍未运行。节省停机模式下，指的是重新启动的源实例本身。",
        ),
        Text(
            "The image and the retained disks stay. The replacement exists and costs money.",
            "镜像和保留的磁盘都在。替代实例已存在并计费。",
        ),
        (
            Text(
                "Look at it in the console. Stopped: `aliyun ecs StartInstance --InstanceId REPLACEMENT`, then `aliyun-ops dlq replay ID`.",
                "在控制台查看。如果已停止：`aliyun ecs StartInstance --InstanceId REPLACEMENT`，然后 `aliyun-ops dlq replay ID`。",
            ),
            Text(
                "Broken, and it is not the source: delete it in the console, then `aliyun-ops dlq replay ID --from-step launch`.",
                "如果已损坏且不是源实例：在控制台删除它，然后 `aliyun-ops dlq replay ID --from-step launch`。",
            ),
        ),
        Text(
            "If it comes again, boot an instance from the image by hand: the system itself may not start.",
            "如果反复出现，用该镜像手动启动一台实例：可能是系统本身无法启动。",
        ),
    ),
    Park.UNHEALTHY: Entry(
        Text("the replacement does not pass its health check", "替代实例未通过健康检查"),
        Text(
            "The replacement runs, but `health.check` never passed within its time, and `health.otherwise: hold` hands nothing over before a person has looked.",
            "替代实例在运行，但 `health.check` 在时限内始终未通过；`health.otherwise: hold` 表示在人工确认之前不做移交。",
        ),
        Text(
            "The replacement has all the data and costs money. Addresses and load balancers still belong to the source, which is stopped or gone: nobody serves.",
            "替代实例上数据完整，并在计费。地址和负载均衡仍属于源实例，而源实例已停止或释放：目前没有机器在服务。",
        ),
        (
            Text(
                "`aliyun-ops dlq show ID`: the reason says what the check saw. Log in to the replacement and start or mend the service.",
                "运行 `aliyun-ops dlq show ID`：原因中有检查看到的结果。登录替代实例，启动或修复业务。",
            ),
            Text(
                "It serves: `aliyun-ops dlq replay ID`, which checks again and then hands over.",
                "业务正常后：`aliyun-ops dlq replay ID`，会再次检查并完成移交。",
            ),
            Text(
                "The check itself is wrong: set `health.otherwise: proceed`, restart the workers, replay.",
                "如果是检查本身有误：设置 `health.otherwise: proceed`，重启工作进程后重放。",
            ),
        ),
        Text(
            "Try the check on a server that is healthy; give a service that starts slowly more time.",
            "在健康的服务器上验证检查方式；启动慢的业务要给足时间。",
        ),
    ),
    Park.REFUSED: Entry(
        Text("the cloud refuses a call for good", "云端拒绝了调用"),
        Text(
            "A call was refused in a way that no waiting mends: a permission, a quota, a parameter. The code says which.",
            "某个调用被明确拒绝，等待也无济于事：权限、配额或参数问题。错误码说明是哪一种。",
        ),
        Text(
            "All that was achieved before: `dlq show` tells image and disks. Refused before the image, the data is on the disks only, and the notice runs.",
            "此前完成的都在：`dlq show` 列出镜像和磁盘。如果在镜像之前被拒绝，数据只在磁盘上，而通知期正在流逝。",
        ),
        (
            _SHOW,
            Text(
                "`aliyun-ops doctor`: a missing permission or a full quota is named with its fix. A code such as `Forbidden.RAM` is a permission, `QuotaExceeded` a quota.",
                "运行 `aliyun-ops doctor`：缺少的权限、用尽的配额都会列出并给出修复命令。`Forbidden.RAM` 一类是权限，`QuotaExceeded` 一类是配额。",
            ),
            Text(
                "Mended: `aliyun-ops dlq replay ID`; many at once: `aliyun-ops dlq replay --error CODE`.",
                "修复后：`aliyun-ops dlq replay ID`；多条一起：`aliyun-ops dlq replay --error CODE`。",
            ),
        ),
        Text(
            "Let `aliyun-ops doctor` run after every change of roles or quotas.",
            "每次变更角色或配额之后都运行一次 `aliyun-ops doctor`。",
        ),
    ),
    Park.GAVE_UP: Entry(
        Text("out of time", "超时"),
        Text(
            "The recreation was not over `notice.give_up_after` after its notice. The reason says what it waited for last, or which call never had a good answer.",
            "通知之后超过 `notice.give_up_after` 仍未完成。原因中写明最后在等什么，或哪个调用始终没有正常应答。",
        ),
        Text(
            "All that was achieved before: `dlq show` tells image and disks.",
            "此前完成的都在：`dlq show` 列出镜像和磁盘。",
        ),
        (
            _SHOW,
            Text(
                "`aliyun-ops doctor`: does the cloud answer again?",
                "运行 `aliyun-ops doctor`，确认云端已恢复应答。",
            ),
            Text(
                "`aliyun-ops dlq replay ID`: it has its whole time again.",
                "运行 `aliyun-ops dlq replay ID`：重新获得完整的处理时间。",
            ),
        ),
        Text(
            "Handover still open at the end means that the replacement runs already: the receipt after the replay tells what is left.",
            "如果停在移交步骤，说明替代实例已在运行：重放后的回执会列出剩余事项。",
        ),
    ),
    Park.TOO_MANY_HOPS: Entry(
        Text("passed on without end", "消息转发过多"),
        Text(
            "The message was passed on as successor more often than any sound recreation needs: a defect of the worker.",
            "消息作为后继被转发的次数超过任何正常重建所需：这是工作进程的缺陷。",
        ),
        Text(
            "All that was achieved before: `dlq show` tells image and disks.",
            "此前完成的都在：`dlq show` 列出镜像和磁盘。",
        ),
        (_SHOW, _REPLAY),
        _REPORT,
    ),
    Park.BUG: Entry(
        Text("the worker failed to read a message", "工作进程处理消息时出错"),
        Text(
            "Reading this message raised an error that the worker does not know.",
            "读取该消息时发生了工作进程不认识的错误。",
        ),
        Text(
            "The message is kept as it was delivered. If it was an interruption, nobody works on it.",
            "消息按原样保存。如果它是中断通知，目前没有人在处理。",
        ),
        (
            Text(
                "`aliyun-ops reconcile`: enqueues the instance anew if it is being reclaimed.",
                "运行 `aliyun-ops reconcile`：如果实例正在被回收，会重新入队。",
            ),
            Text(
                "`aliyun-ops dlq replay ID`, once; it may have been a passing trouble.",
                "运行一次 `aliyun-ops dlq replay ID`，也许只是暂时的问题。",
            ),
        ),
        Text(
            "Report it with the log line `bug`, which has the place, and the body of the message.",
            "附上日志中的 `bug` 行（含出错位置）和消息正文提交问题报告。",
        ),
    ),
}

UNPARKED: Mapping[str, Entry] = {
    "moved": Entry(
        Text("moved by the queue: received too often", "由队列移入：接收次数过多"),
        Text(
            "The message was received more often than `queue.max_receive_count`: workers crashed over it, or were killed again and again, or the limit is too small.",
            "消息的接收次数超过 `queue.max_receive_count`：工作进程因它反复崩溃、不断被杀死，或者这个上限太小。",
        ),
        Text(
            "What is in the cloud stays. The message may have lost its progress on the way; then a replay looks at the cloud and goes on from there.",
            "云上的东西都在。消息可能在移动时丢了进度，那样重放会先查看云端再继续。",
        ),
        (
            Text(
                "`journalctl -u 'aliyun-ops@*' -S -2h`: a line `bug` names the place; no line at all means that workers die.",
                "运行 `journalctl -u 'aliyun-ops@*' -S -2h`：`bug` 行给出位置；完全没有日志说明进程在崩溃。",
            ),
            Text(
                "`aliyun-ops doctor`: `receive_limit_small` has its own fix.",
                "运行 `aliyun-ops doctor`：`receive_limit_small` 有对应的修复命令。",
            ),
            Text(
                "Then `aliyun-ops dlq replay --error moved --limit 1`, and if that goes well the rest.",
                "然后 `aliyun-ops dlq replay --error moved --limit 1`，正常的话再重放其余的。",
            ),
        ),
        _REPORT,
    ),
    "undelivered": Entry(
        Text("not delivered by EventBridge", "EventBridge 未能投递"),
        Text(
            "EventBridge could not write the event to the queue and has put it into `queue.delivery_dead_letter_name`. So no worker has seen it.",
            "EventBridge 无法把事件写入队列，放进了 `queue.delivery_dead_letter_name`，因此没有工作进程见过它。",
        ),
        Text(
            "The event is kept. The instance is released at the end of its notice all the same.",
            "事件保留着，但实例仍会在通知期结束时释放。",
        ),
        (
            Text(
                "`aliyun-ops reconcile`: what is still locked goes into the queue at once.",
                "运行 `aliyun-ops reconcile`：仍处于锁定状态的实例立即入队。",
            ),
            Text(
                "`aliyun-ops doctor`: queue, target or service-linked role; mend what it names.",
                "运行 `aliyun-ops doctor`：按提示修复队列、目标或服务关联角色。",
            ),
            Text(
                "`aliyun-ops dlq replay --error undelivered`: each begins with its event; what is gone is parked as `source_gone`.",
                "运行 `aliyun-ops dlq replay --error undelivered`：逐条从事件开始；已释放的会以 `source_gone` 搁置。",
            ),
        ),
        Text(
            "`rule.retry: EXPONENTIAL_DECAY_RETRY` lets EventBridge try for a day.",
            "`rule.retry: EXPONENTIAL_DECAY_RETRY` 让 EventBridge 重试一整天。",
        ),
    ),
}
