"""How the page of a receipt looks: a phone first, a desk, a dark room and paper."""

STYLE = """
:root{color-scheme:light dark;--back:#fff;--text:#1b1f24;--soft:#57606a;--line:#d5dae0;--card:#f5f7f9;
--good:#13703a;--bad:#b3261e;--warn:#8a5300;--way:#5aa97a;--late:#d9726a;--track:#e3e7ec;--notice:#ffe2a8;--on-notice:#4d3700}
@media screen and (prefers-color-scheme:dark){:root{--back:#14181d;--text:#e4e8ec;--soft:#9aa5b1;--line:#333b45;--card:#1d232a;
--good:#5fcf8d;--bad:#ff8f86;--warn:#f0b45a;--way:#3f8f62;--late:#b8564e;--track:#2a313a;--notice:#5d4716;--on-notice:#ffe2a8}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:60rem;padding:1rem;background:var(--back);color:var(--text);
font:16px/1.5 system-ui,-apple-system,"Segoe UI","PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif;
overflow-wrap:anywhere;-webkit-text-size-adjust:100%}
.choice{position:absolute;opacity:0;pointer-events:none}
.language{display:inline-block;padding:.4rem .8rem;border:1px solid var(--line);border-radius:.5rem;color:var(--soft);cursor:pointer;
margin-right:.4rem;font-size:.9rem}
#english:checked~label[for=english],#chinese:checked~label[for=chinese]{background:var(--card);color:var(--text);border-color:var(--soft)}
.choice:focus-visible+label{outline:2px solid var(--soft)}
#english:checked~.zh,#chinese:checked~.en{display:none}
h1{font-size:1.35rem;line-height:1.3;margin:1rem 0 .3rem}
.id{display:inline-block;max-width:100%}
h1.good{color:var(--good)}h1.bad{color:var(--bad)}h1.warn{color:var(--warn)}
h2{font-size:1.1rem;margin:2rem 0 .5rem}
p{margin:.3rem 0}
.soft{color:var(--soft);font-size:.9rem}
ol,ul{padding-left:1.4rem;margin:.3rem 0}li{margin:.4rem 0}
svg{display:block;overflow:visible}
svg text{fill:var(--text);font-size:13px;paint-order:stroke;stroke:var(--back);stroke-width:3px}
svg .tick{fill:var(--soft);font-size:11px;text-anchor:middle}
svg .at{font-variant-numeric:tabular-nums;font-weight:600}
svg .which{display:none;fill:var(--soft);text-anchor:end;font-size:12px}
svg .grid{stroke:var(--line)}svg .release{stroke:var(--bad);stroke-width:1.5;stroke-dasharray:4 3}
svg .notice{fill:var(--notice)}svg .notice-name{fill:var(--on-notice);font-size:12px;stroke:none}
svg .track{fill:var(--track)}svg .timely .way{fill:var(--way)}svg .late .way{fill:var(--late)}
svg .timely .dot{fill:var(--good)}svg .late .dot{fill:var(--bad)}svg .dot{stroke:var(--back);stroke-width:2}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;vertical-align:top;padding:.4rem .5rem;border-top:1px solid var(--line);unicode-bidi:isolate}
th{font-weight:400;color:var(--soft)}thead th{border-top:0;font-size:.9rem}
@media (min-width:40.01rem){.compare{table-layout:fixed}.compare th:first-child{width:9.5rem}.compare th:last-child{width:5.5rem}}
.mark{white-space:nowrap;font-size:.85rem;font-weight:600}
.same{color:var(--good)}.changed{color:var(--warn)}.new{color:var(--soft)}.lost{color:var(--bad)}
tr.is-changed,tr.is-lost{background:var(--card)}
.disk{background:var(--card);border-radius:.5rem;padding:.7rem .9rem;margin:.6rem 0}
.disk h3{font-size:1rem;margin:0 0 .3rem}
details{margin:.8rem 0}summary{cursor:pointer;color:var(--soft)}
details table{font-size:.85rem}
footer{margin:2.5rem 0 1rem}
@media screen and (max-width:40rem){
.compare thead{display:none}.compare,.compare tbody{display:block}
.compare tr{display:grid;grid-template-columns:1fr 1fr;border-top:1px solid var(--line);padding:.4rem 0}
.compare th,.compare td{border:0;padding:.1rem .3rem;font-size:.85rem}
.compare tr th{grid-column:1}.compare tr .mark{grid-column:2;grid-row:1;text-align:right}
.compare td[data-of]::before{content:attr(data-of);display:block;color:var(--soft);font-size:.75rem}
}
@media (min-width:40.01rem){svg .which{display:inline}}
@media print{
body{max-width:none;padding:0;font-size:11pt}
.language,details:not([open]){display:none}
h2{break-after:avoid}.disk,tr,li,svg{break-inside:avoid}
svg *,.disk,tr{print-color-adjust:exact;-webkit-print-color-adjust:exact}
}
""".strip()
