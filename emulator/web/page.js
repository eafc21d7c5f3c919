// The emulator's page: polls one summary a second and draws it. Everything that comes from the
// cloud is put in as text, never as markup.
"use strict";

const WORDS = {
  title: ["Alibaba Cloud emulator", "阿里云模拟器"],
  offline: ["The emulator does not answer; trying again …", "模拟器无响应，正在重试……"],
  account: ["account", "账号"],
  seed: ["virtual time", "虚拟时间"],
  paused: ["paused", "已暂停"],
  pause: ["Pause", "暂停"],
  resume: ["Resume", "继续"],
  setStock: ["Set stock", "设置库存"],
  addFault: ["Add fault", "注入故障"],
  writeTitle: ["Write a file", "写入文件"],
  write: ["Write", "写入"],
  save: ["Save", "保存"],
  cancel: ["Cancel", "取消"],
  interrupt: ["Interrupt", "中断"],
  remove: ["Remove", "移除"],
  instances: ["Instances", "实例"],
  disks: ["Disks", "云盘"],
  images: ["Images", "镜像"],
  snapshots: ["Snapshots", "快照"],
  balancers: ["Load balancers", "负载均衡"],
  members: ["Members", "后端服务器"],
  queues: ["Queues", "队列"],
  rules: ["Event rules", "事件规则"],
  faults: ["Faults", "故障"],
  requests: ["Requests", "请求"],
  ledger: ["What happened", "操作记录"],
  complaints: ["Complaints", "异常请求"],
  none: ["Nothing here yet.", "暂无数据。"],
  noMessages: ["No messages.", "没有消息。"],
  id: ["Id", "ID"],
  name: ["Name", "名称"],
  type: ["Type", "规格"],
  zone: ["Zone", "可用区"],
  region: ["Region", "地域"],
  status: ["Status", "状态"],
  address: ["Address", "地址"],
  lock: ["Lock", "锁定"],
  tags: ["Tags", "标签"],
  size: ["Size", "容量"],
  instance: ["Instance", "实例"],
  disk: ["Disk", "云盘"],
  content: ["Content", "内容"],
  onRelease: ["At release", "随实例释放"],
  kept: ["kept", "保留"],
  deleted: ["deleted", "释放"],
  progress: ["Progress", "进度"],
  usable: ["usable", "可用"],
  from: ["Made from", "来源"],
  message: ["Message", "消息"],
  body: ["Body", "消息体"],
  attributes: ["Attributes", "属性"],
  deliveries: ["Deliveries", "投递次数"],
  visibleIn: ["Visible in", "可见倒计时"],
  deadLetter: ["dead letters to", "死信队列"],
  after: ["after", "超过"],
  pattern: ["Pattern", "事件模式"],
  targets: ["Targets", "目标"],
  time: ["Time", "时间"],
  product: ["Product", "产品"],
  action: ["Action", "操作"],
  resource: ["Resource", "资源"],
  detail: ["Detail", "详情"],
  code: ["Code", "错误码"],
  fault: ["Fault", "故障"],
  answer: ["Answer", "应答"],
  effect: ["Effect", "效果"],
  queue: ["Queue", "队列"],
  times: ["Times", "次数"],
  struck: ["Struck", "已触发"],
  count: ["Instances left", "剩余库存"],
  price: ["Price per hour", "每小时价格"],
  path: ["Path", "路径"],
  text: ["Text", "文本"],
  flush: ["Flush to the disk at once", "立即落盘"],
  releaseIn: ["release in", "释放倒计时"],
  spot: ["spot", "抢占式"],
  cached: ["in the page cache only", "仅在页缓存"],
};

const language = { index: localStorage.getItem("language") === "zh" ? 1 : 0 };
const opened = new Set();
const drawn = new Map();
let summary = null;

const t = (word) => (WORDS[word] ? WORDS[word][language.index] : word);

/** Make an element; children are elements or text. */
function h(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (name === "on") for (const [event, run] of Object.entries(value)) element.addEventListener(event, run);
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== ""));
  return element;
}

const mono = (text) => h("span", { class: "mono" }, text ?? "");
const chip = (text, kind) => h("span", { class: `chip ${kind || ""}` }, text);
const button = (label, run, kind) => h("button", { type: "button", class: kind || "", on: { click: run } }, label);

function fold(key, label, build) {
  const details = h("details", { open: opened.has(key) }, h("summary", {}, label));
  const fill = () => { if (details.open && details.children.length === 1) details.append(build()); };
  details.addEventListener("toggle", () => { if (details.open) opened.add(key); else opened.delete(key); fill(); });
  fill();
  return details;
}

function seconds(value) {
  const left = Math.max(0, Math.round(value));
  if (left >= 3600) return `${Math.floor(left / 3600)} h ${Math.floor((left % 3600) / 60)} min`;
  return left >= 60 ? `${Math.floor(left / 60)} min ${String(left % 60).padStart(2, "0")} s` : `${left} s`;
}

const instant = (epoch) => new Date(epoch * 1000).toISOString().replace("T", " ").slice(0, 19);
const clockTime = (epoch) => instant(epoch).slice(11);

const STATUS_KIND = {
  Running: "good", Available: "good", In_use: "good", accomplished: "good", ENABLE: "good", active: "good",
  Pending: "warn", Starting: "warn", Stopping: "warn", Creating: "warn", progressing: "warn", inactive: "warn",
  delayed: "warn", Waiting: "warn", CreateFailed: "bad", failed: "bad", UnAvailable: "bad",
};
const status = (text) => chip(text, STATUS_KIND[text]);

function bar(percent, text) {
  const kind = STATUS_KIND[text] === "bad" ? "bad" : percent >= 100 ? "good" : "";
  const filled = h("i", {});
  filled.style.width = `${Math.max(0, Math.min(100, percent))}%`;
  return h("span", { class: "nowrap" }, h("span", { class: `bar ${kind}` }, filled), `${Math.floor(percent)} %`);
}

function table(columns, rows) {
  return h("table", {},
    h("thead", {}, h("tr", {}, columns.map((column) => h("th", {}, t(column))))),
    h("tbody", {}, rows));
}

const cell = (...children) => h("td", {}, ...children);
const number = (text) => h("td", { class: "number" }, text);
const pairs = (entries) => h("dl", { class: "pairs" }, entries.map(([name, value]) => [h("dt", { class: "mono" }, name), h("dd", { class: "mono" }, value)]));

function tagCell(key, tags) {
  const entries = Object.entries(tags);
  return cell(entries.length ? fold(key, String(entries.length), () => pairs(entries)) : "");
}

function instanceRow(item, now) {
  const lock = item.locks.map((reason) => chip(reason, "bad"));
  const countdown = item.release_at === null ? "" : h("span", { class: "nowrap" }, ` ${t("releaseIn")} ${seconds(item.release_at - now)}`);
  const interrupt = button(t("interrupt"), () => post("interrupt", { instance_id: item.id }), "danger");
  if (!item.spot || item.release_at !== null) interrupt.disabled = true;
  return h("tr", {},
    cell(mono(item.id), h("div", { class: "muted" }, item.name)),
    cell(mono(item.type), " ", item.spot ? chip(t("spot")) : ""),
    cell(mono(item.zone)), cell(status(item.status)), cell(lock, countdown),
    cell(mono([item.private_ip, item.public_ip].filter(Boolean).join(" "))),
    tagCell(`tags ${item.id}`, item.tags),
    h("td", { class: "actions" }, button(t("write"), () => openWrite(item)), interrupt));
}

function diskRow(item) {
  // A journal's text says itself how much of it is on the disk.
  const isSafe = (file) => file.flushed || file.path.startsWith("journal of ");
  const files = item.content.map((file) => [file.path, isSafe(file) ? file.text : `${file.text}  (${t("cached")})`]);
  return h("tr", {},
    cell(mono(item.id), h("div", { class: "muted" }, item.name)),
    cell(mono(item.category), h("div", { class: "muted" }, item.kind)),
    number(`${item.size} GiB`), cell(mono(item.zone)), cell(status(item.status)),
    cell(mono(item.instance_id), h("div", { class: "muted mono" }, item.device)),
    cell(chip(item.delete_with_instance ? t("deleted") : t("kept"), item.delete_with_instance ? "" : "good")),
    cell(files.length ? fold(`content ${item.id}`, String(files.length), () => pairs(files)) : ""),
    tagCell(`tags ${item.id}`, item.tags));
}

function imageRow(item) {
  return h("tr", {},
    cell(mono(item.id), h("div", { class: "muted" }, item.name)),
    cell(status(item.status), item.usable && item.status !== "Available" ? chip(t("usable"), "good") : ""),
    cell(bar(item.progress, item.status)), number(`${item.size} GiB`),
    cell(mono(item.instance_id)), number(clockTime(item.created_at)), tagCell(`tags ${item.id}`, item.tags));
}

function snapshotRow(item) {
  return h("tr", {},
    cell(mono(item.id), h("div", { class: "muted" }, item.name)),
    cell(status(item.status), item.usable && item.status !== "accomplished" ? chip(t("usable"), "good") : ""),
    cell(bar(item.progress, item.status)), cell(mono(item.disk_id)), number(clockTime(item.created_at)),
    tagCell(`tags ${item.id}`, item.tags));
}

function balancerRow(item) {
  const member = (each) => h("div", { class: "mono" }, `${each.server_id}  ${each.port || "–"}  ${each.weight}  ${each.status}`);
  return h("tr", {}, cell(mono(item.id), h("div", { class: "muted" }, item.name)), cell(item.kind),
    cell(status(item.status)), cell(item.members.map(member)));
}

function messageRow(item, now) {
  const left = item.visible_at > now ? seconds(item.visible_at - now) : "";
  const properties = item.properties.map((property) => [property.name, property.value]);
  return h("tr", {},
    cell(mono(item.id)), cell(status(item.state)), number(item.deliveries), number(left),
    cell(fold(`body ${item.id}`, `${item.body.length}`, () => h("pre", {}, pretty(item.body)))),
    cell(properties.length ? fold(`properties ${item.id}`, String(properties.length), () => pairs(properties)) : ""));
}

function pretty(body) {
  const readings = [body];
  try { readings.push(new TextDecoder("utf-8", { fatal: true }).decode(Uint8Array.from(atob(body), (c) => c.charCodeAt(0)))); } catch { /* not Base64 of a text */ }
  for (const text of readings) {
    try { return JSON.stringify(JSON.parse(text), null, 2); } catch { /* not JSON */ }
  }
  return body;
}

function queuePart(queue, now) {
  const dead = queue.dead_letter_queue ? h("span", { class: "muted" }, `${t("deadLetter")} ${queue.dead_letter_queue}, ${t("after")} ${queue.max_receive_count}`) : "";
  const rows = queue.messages.map((item) => messageRow(item, now));
  return h("div", { class: "queue" },
    h("h3", {}, mono(queue.name), chip(String(rows.length)), many() ? h("span", { class: "muted mono" }, queue.region) : "", dead),
    rows.length ? table(["message", "status", "deliveries", "visibleIn", "body", "attributes"], rows) : h("p", { class: "empty" }, t("noMessages")));
}

function ruleRow(item) {
  return h("tr", {}, cell(mono(item.name), h("div", { class: "muted" }, item.bus)), cell(status(item.status)),
    cell(h("code", {}, item.pattern)), cell(item.targets.map((target) => h("div", { class: "mono" }, target))));
}

function faultRow(item) {
  return h("tr", {}, cell(chip(item.answer, "warn")), cell(item.effect),
    cell(mono([item.product, item.action, item.queue].join("  "))),
    number(`${item.struck} / ${item.count ?? "∞"}`), cell(mono(item.code)),
    h("td", { class: "actions" }, button(t("remove"), () => post("faults/clear", { id: item.id }))));
}

function requestRow(item) {
  const kind = item.status >= 500 || item.status === 0 ? "bad" : item.status >= 400 ? "warn" : "good";
  return h("tr", {}, number(clockTime(item.at)), cell(item.product), cell(mono(item.action), " ", mono(item.queue)),
    cell(chip(item.status || "–", kind)), cell(mono(item.code)), cell(item.fault ? chip(item.fault, "warn") : ""));
}

function ledgerRow(item, index) {
  const entries = Object.entries(item.detail).map(([name, value]) => [name, typeof value === "string" ? value : JSON.stringify(value)]);
  return h("tr", {}, number(clockTime(item.at)), cell(item.product), cell(mono(item.action)), cell(mono(item.resource_id)),
    cell(entries.length ? fold(`ledger ${item.at} ${item.action} ${item.resource_id} ${index}`, String(entries.length), () => pairs(entries)) : ""));
}

const many = () => summary.regions.length > 1;

const SECTIONS = [
  { key: "instances", draw: (s) => table(["id", "type", "zone", "status", "lock", "address", "tags", ""], s.instances.map((item) => instanceRow(item, s.clock.now))) },
  { key: "disks", draw: (s) => table(["id", "type", "size", "zone", "status", "instance", "onRelease", "content", "tags"], s.disks.map(diskRow)) },
  { key: "images", draw: (s) => table(["id", "status", "progress", "size", "from", "time", "tags"], s.images.map(imageRow)) },
  { key: "snapshots", draw: (s) => table(["id", "status", "progress", "disk", "time", "tags"], s.snapshots.map(snapshotRow)) },
  { key: "balancers", hideEmpty: true, draw: (s) => table(["id", "type", "status", "members"], s.balancers.map(balancerRow)) },
  { key: "queues", draw: (s) => s.queues.map((queue) => queuePart(queue, s.clock.now)) },
  { key: "rules", draw: (s) => table(["name", "status", "pattern", "targets"], s.rules.map(ruleRow)) },
  { key: "faults", hideEmpty: true, draw: (s) => table(["answer", "effect", "action", "struck", "code", ""], s.faults.map(faultRow)) },
  { key: "complaints", hideEmpty: true, draw: (s) => h("pre", {}, s.complaints.join("\n")) },
  { key: "requests", half: true, draw: (s) => h("div", { class: "log" }, table(["time", "product", "action", "status", "code", "fault"], s.requests.map(requestRow))) },
  { key: "ledger", half: true, draw: (s) => h("div", { class: "log" }, table(["time", "product", "action", "resource", "detail"], s.ledger.map(ledgerRow))) },
];

const MOVES_WITH_TIME = new Set(["instances", "queues"]);

/** Draw a section again only when what it shows has changed, so that selections survive. */
function drawSection(section) {
  const items = summary[section.key];
  const moving = MOVES_WITH_TIME.has(section.key) ? Math.round(summary.clock.now) : 0;
  const state = JSON.stringify([items, moving, language.index]);
  if (drawn.get(section.key) === state || window.getSelection()?.type === "Range") return;
  drawn.set(section.key, state);
  const element = document.getElementById(`section-${section.key}`);
  element.hidden = Boolean(section.hideEmpty && !items.length);
  const scrolled = element.querySelector(".log")?.scrollTop;
  element.replaceChildren(
    h("h2", {}, t(section.key), h("span", { class: "count" }, String(items.length))),
    ...(items.length ? [section.draw(summary)].flat() : [h("p", { class: "empty" }, t("none"))]));
  if (scrolled) element.querySelector(".log").scrollTop = scrolled;
}

function drawHead() {
  const clock = summary.clock;
  document.getElementById("account").textContent = `${t("account")} ${summary.account_id}`;
  document.getElementById("now").textContent = `${instant(clock.now)} UTC`;
  document.getElementById("speed").textContent = clock.paused ? t("paused") : `× ${clock.speed}`;
  document.getElementById("pause").textContent = clock.paused ? t("resume") : t("pause");
  document.getElementById("regions").replaceChildren(
    ...summary.regions.map((region) => h("span", {}, region.id, " ", h("span", { class: "mono muted" }, region.url))));
}

function drawWords() {
  document.documentElement.lang = language.index ? "zh-CN" : "en";
  document.title = t("title");
  for (const element of document.querySelectorAll("[data-t]")) element.textContent = t(element.dataset.t);
  document.getElementById("language").textContent = language.index ? "English" : "中文";
}

function draw() {
  if (!summary) return;
  drawHead();
  SECTIONS.forEach(drawSection);
}

async function post(path, body) {
  const response = await fetch(`/_emulator/${path}`, {
    method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error((await response.json()).message || String(response.status));
  await refresh();
}

async function refresh() {
  try {
    const response = await fetch("/_emulator/summary");
    summary = await response.json();
    document.getElementById("offline").hidden = true;
    draw();
  } catch {
    document.getElementById("offline").hidden = false;
  }
}

/** Open a dialog and send its form when it is confirmed; a refusal keeps it open. */
function ask(dialog, send) {
  const form = dialog.querySelector("form");
  const problem = dialog.querySelector(".problem");
  problem.textContent = "";
  form.onsubmit = async (event) => {
    event.preventDefault();
    if (event.submitter?.value !== "ok") { dialog.close(); return; }
    try { await send(form.elements); dialog.close(); } catch (error) { problem.textContent = error.message; }
  };
  dialog.showModal();
}

const options = (select, values) => select.replaceChildren(...values.map((value) => h("option", {}, value)));

function openWrite(instance) {
  const dialog = document.getElementById("write-dialog");
  document.getElementById("write-target").textContent = instance.id;
  options(dialog.querySelector("[name=disk]"), summary.disks.filter((disk) => disk.instance_id === instance.id).map((disk) => disk.device));
  ask(dialog, (form) => post("write", { instance_id: instance.id, disk: form.disk.value, path: form.path.value, text: form.text.value, flush: form.flush.checked }));
}

function openStock() {
  const dialog = document.getElementById("stock-dialog");
  const form = dialog.querySelector("form").elements;
  const zones = () => options(form.zone, summary.regions.find((region) => region.id === form.region.value).zones);
  options(form.region, summary.regions.map((region) => region.id));
  form.region.onchange = zones;
  zones();
  document.getElementById("types").replaceChildren(...[...new Set(summary.instances.map((item) => item.type))].map((type) => h("option", { value: type })));
  ask(dialog, () => {
    const body = { region: form.region.value, zone: form.zone.value, type: form.type.value };
    if (form.count.value !== "") body.count = Number(form.count.value);
    if (form.price.value !== "") body.price = Number(form.price.value);
    return post("stock", body);
  });
}

function openFault() {
  const dialog = document.getElementById("fault-dialog");
  const form = dialog.querySelector("form").elements;
  options(form.answer, summary.fault_answers);
  options(form.effect, ["", "none", "done", "later"]);
  ask(dialog, () => {
    const body = { answer: form.answer.value, product: form.product.value, action: form.action.value, queue: form.queue.value, code: form.code.value };
    body.count = form.count.value === "" ? null : Number(form.count.value);
    if (form.effect.value) body.effect = form.effect.value;
    return post("faults", body);
  });
}

function begin() {
  document.getElementById("sections").append(
    ...SECTIONS.filter((section) => !section.half).map((section) => h("section", { id: `section-${section.key}` })),
    h("div", { class: "pair" }, SECTIONS.filter((section) => section.half).map((section) => h("section", { id: `section-${section.key}` }))));
  document.getElementById("pause").onclick = () => post("clock", summary.clock.paused ? { resume: true } : { pause: true });
  for (const jump of document.querySelectorAll(".jump")) jump.onclick = () => post("clock", { advance: Number(jump.dataset.seconds) });
  document.getElementById("stock-open").onclick = openStock;
  document.getElementById("fault-open").onclick = openFault;
  document.getElementById("language").onclick = () => {
    language.index = 1 - language.index;
    localStorage.setItem("language", language.index ? "zh" : "en");
    drawWords();
    draw();
  };
  drawWords();
  refresh();
  setInterval(refresh, 1000);
}

begin();
