"""How a report looks, on a screen and on paper."""

STYLE = """
:root{color-scheme:light dark;--bg:#fbfbfc;--panel:#fff;--sunken:#f4f5f7;--line:#e4e6eb;--fg:#16181d;--fg2:#4b5161;
--fg3:#667085;--ok:#0c7f57;--bad:#b3123d;--run:#1d63d8;--wait:#9a5b00;--idle:#6b7280}
@media(prefers-color-scheme:dark){:root{--bg:#0f1114;--panel:#15181c;--sunken:#0b0d0f;--line:#262b33;--fg:#eceef2;
--fg2:#a9b0bd;--fg3:#8b93a3;--ok:#5fe0a0;--bad:#f4526a;--run:#62a4ff;--wait:#f0b44c;--idle:#8b93a3}}
*{box-sizing:border-box}body{margin:0;background:var(--bg);color:var(--fg);font:14px/1.5 system-ui,sans-serif;
font-variant-numeric:tabular-nums}main{max-width:1040px;margin:0 auto;padding:32px 24px}
h1{font-size:24px;line-height:1.25;margin:0 0 4px;overflow-wrap:anywhere}
h2{font-size:16px;margin:32px 0 8px;break-after:avoid}p{margin:4px 0}.dim{color:var(--fg3)}
code,pre,.mono{font-family:ui-monospace,SFMono-Regular,Menlo,monospace;font-size:12px}
pre{margin:8px 0;padding:12px;background:var(--sunken);border:1px solid var(--line);border-radius:8px;white-space:pre-wrap;
overflow-wrap:anywhere}.facts{display:flex;flex-wrap:wrap;gap:12px 32px;margin:16px 0 0}.facts dt{color:var(--fg3);
font-size:12px}.facts dd{margin:0;font-weight:500;overflow-wrap:anywhere}
.error{border:1px solid var(--bad);border-radius:8px;padding:12px 16px;margin-top:24px;background:var(--panel)}
.error strong{color:var(--bad)}.status{font-weight:600}.ok{color:var(--ok)}.bad{color:var(--bad)}.run{color:var(--run)}
.wait{color:var(--wait)}.idle{color:var(--idle)}table{width:100%;border-collapse:collapse}
th{text-align:left;font-weight:500;color:var(--fg3);font-size:12px}td,th{padding:4px 8px 4px 0;vertical-align:top;
border-bottom:1px solid var(--line);overflow-wrap:anywhere}td.number,th.number{text-align:right;white-space:nowrap}
tr{break-inside:avoid}.steps{table-layout:fixed}.steps th:first-child{width:32%}.lane{width:26%}.steps th.number{width:72px}.lane div{position:relative;height:12px;margin-top:5px;
background:var(--sunken);border-radius:3px}.lane i{position:absolute;top:0;bottom:0;min-width:2px;border-radius:3px;
background:currentColor}.log td{padding:2px 16px 2px 0;border:0;white-space:nowrap}.log td:last-child{width:100%;white-space:normal}img{max-width:100%;border:1px solid var(--line);
border-radius:8px}footer{margin-top:40px;color:var(--fg3);font-size:12px}
@media print{:root{--bg:#fff;--panel:#fff;--sunken:#f4f5f7;--line:#ccc;--fg:#000;--fg2:#333;--fg3:#555;--ok:#0c7f57;
--bad:#b3123d;--run:#1d63d8;--wait:#9a5b00;--idle:#555}main{max-width:none;padding:0}pre{max-height:none}
.lane i,.lane div{print-color-adjust:exact;-webkit-print-color-adjust:exact}@page{margin:16mm}}
@media(max-width:640px){main{padding:16px}.wide{display:none}}
""".strip()
