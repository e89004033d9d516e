"""The style of a page: light and dark by the reader's setting, narrow and wide, and for a printer."""

_LIGHT = """
  --page: #ffffff; --panel: #f6f8fa; --text: #1f2328; --muted: #59636e; --line: #d1d9e0; --link: #0550ae;
  --red: #a40e26; --orange: #a04100; --amber: #7d5300; --blue: #0550ae; --green: #116329;
"""
_DARK = """
  --page: #0d1117; --panel: #161b22; --text: #e6edf3; --muted: #9aa4af; --line: #3d444d; --link: #7cb7ff;
  --red: #ff9492; --orange: #ffb077; --amber: #e3b341; --blue: #7cb7ff; --green: #6fdd8b;
"""

STYLE = (
    f"""
:root {{ color-scheme: light dark; {_LIGHT} }}
@media (prefers-color-scheme: dark) {{ :root {{ {_DARK} }} }}
@media print {{ :root {{ color-scheme: light; {_LIGHT} }} }}
"""
    + """
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); overflow-wrap: anywhere;
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
header, nav, main, footer { max-width: 1180px; margin: 0 auto; padding: 0 20px; }
.skip { position: absolute; left: -999px; }
.skip:focus { left: 20px; top: 8px; background: var(--page); padding: 4px 8px; }
a { color: var(--link); }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
[hidden] { display: none !important; }
h1 { font-size: 24px; line-height: 1.25; margin: 28px 0 12px; }
h2 { font-size: 20px; margin: 40px 0 12px; padding-bottom: 6px; border-bottom: 1px solid var(--line); }
h3 { font-size: 16px; margin: 0 0 8px; line-height: 1.4; }
section > h3, section > div > h3 { margin-top: 20px; }
h4 { font-size: 15px; margin: 20px 0 6px; }
p { margin: 6px 0; }
ul { margin: 6px 0; padding-left: 22px; }
code, pre { font: 13px/1.45 ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; }
pre { margin: 6px 0; padding: 8px 10px; background: var(--panel); border: 1px solid var(--line); border-radius: 6px;
  white-space: pre-wrap; }
.muted { color: var(--muted); }
td span.muted { white-space: nowrap; }
.verdict { display: flex; flex-wrap: wrap; gap: 4px 14px; align-items: baseline; padding: 12px 16px; border-radius: 8px;
  border: 1px solid var(--line); border-left: 8px solid var(--green); background: var(--panel); font-size: 17px; }
.verdict.failed { border-left-color: var(--red); }
.verdict strong { text-transform: uppercase; letter-spacing: .04em; color: var(--green); }
.verdict.failed strong { color: var(--red); }
.facts { display: flex; flex-wrap: wrap; gap: 4px 24px; margin: 12px 0; padding: 0; }
.facts div { display: flex; gap: 6px; }
.facts dt { color: var(--muted); flex: none; }
.facts dd { margin: 0; }
nav ul { display: flex; flex-wrap: wrap; gap: 4px 18px; list-style: none; margin: 12px 0 0; padding: 0; }
.wide { overflow-x: auto; }
.wide .said { min-width: 14em; }
table { border-collapse: collapse; width: 100%; }
caption { text-align: left; color: var(--muted); padding: 4px 0; }
th, td { text-align: left; vertical-align: top; padding: 6px 10px; border-bottom: 1px solid var(--line); }
thead th { color: var(--muted); font-weight: 600; border-bottom: 2px solid var(--line); }
tbody th { font-weight: 500; }
.matrix td, .matrix th { min-width: 92px; }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
.chip { display: inline-block; margin: 1px 4px 1px 0; padding: 0 8px; border-radius: 10px; font-size: 13px; line-height: 20px;
  font-weight: 600; white-space: nowrap; color: #ffffff; background: #59636e; }
.chip.critical { background: #a40e26; } .chip.high { background: #b34700; } .chip.medium { background: #8a5c00; }
.chip.low { background: #0550ae; } .chip.new { background: #6639ba; } .chip.passed { background: #116329; }
.rule { margin: 14px 0; padding: 12px 16px; border: 1px solid var(--line); border-radius: 8px; }
.rule h3 code { font-weight: 400; color: var(--muted); }
.entries { list-style: none; margin: 0; padding: 0; }
.entry, .entry-of-change { padding: 8px 0; border-top: 1px solid var(--line); }
.entries .name { font-weight: 600; }
.entries .place { color: var(--muted); font-family: ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: 13px; }
summary { cursor: pointer; color: var(--link); }
summary h2, summary h3 { display: inline; border: 0; color: var(--text); }
section > details > summary { margin: 16px 0 8px; }
dl.change { display: grid; grid-template-columns: minmax(80px, max-content) 1fr; gap: 2px 14px; margin: 4px 0; }
dl.change dd { margin: 0; }
.before, .after { font-family: ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: 13px; }
.before { color: var(--red); } .after { color: var(--green); }
.destroyed, .refused { --effect: var(--red); } .behind { --effect: var(--orange); } .replaced, .lost { --effect: var(--amber); }
.stack, .updated { --effect: var(--blue); } .created { --effect: var(--green); }
.effect { color: var(--effect); font-weight: 700; }
figure { margin: 12px 0; }
figcaption { margin-bottom: 6px; font-weight: 600; }
.picture { overflow-x: auto; border: 1px solid var(--line); border-radius: 8px; padding: 10px; }
svg { display: block; }
svg text { fill: var(--text); font: 13px system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
svg .name { font-weight: 600; } svg .kind { fill: var(--muted); font-size: 12px; }
svg .words { fill: var(--effect); font-weight: 600; font-size: 12px; }
svg rect.box { fill: var(--panel); stroke: var(--effect); } svg rect.bar { fill: var(--effect); }
svg .edge { fill: none; stroke: var(--muted); stroke-width: 1.5; } svg .tip { fill: var(--muted); }
#filter { display: flex; flex-wrap: wrap; gap: 8px 16px; align-items: end; margin: 12px 0; }
#filter label { display: flex; flex-direction: column; font-size: 13px; color: var(--muted); }
#filter label.tick { flex-direction: row; gap: 6px; align-items: center; color: var(--text); min-height: 32px; }
input, select { font: inherit; color: var(--text); background: var(--page); border: 1px solid var(--muted); border-radius: 6px;
  padding: 4px 8px; min-height: 32px; max-width: 100%; }
footer { margin: 48px auto 24px; color: var(--muted); font-size: 13px; }
@media (max-width: 600px) {
  header, nav, main, footer { padding: 0 12px; }
  .rule { padding: 10px; }
  th, td { padding: 6px; }
  .wide td { min-width: 5em; }
  .wide th[scope="row"] { min-width: 9.5em; }
  dl.change { grid-template-columns: 1fr; }
  dl.change dt { color: var(--muted); }
}
@media print {
  nav, #filter, .skip { display: none !important; }
  header, main, footer { max-width: none; padding: 0; }
  .entry, .entry-of-change, tr, figure { break-inside: avoid; }
  h2, h3, summary { break-after: avoid; }
  .wide, .picture { overflow: visible; }
  svg { max-width: 100%; height: auto; }
  details::details-content { content-visibility: visible; block-size: auto; }
  summary { color: var(--text); list-style: none; }
  .chip, .verdict, svg rect { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
"""
)
