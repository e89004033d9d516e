/* How Sphinx's search sorts: the rule, the resource type or the page that is called as the question first, lists of everything last. */
const asked = (new URLSearchParams(window.location.search).get("q") || "").toLowerCase();
const words = asked.split(/[^a-z0-9_]+/).filter(Boolean);
var Scorer = {
  score: ([page, title, anchor, , score]) => {
    // A page is called by its title and by its address: `preflight` is "Before a deployment".
    const names = [title, page].map((name) => name.toLowerCase().split(/[^a-z0-9_]+/));
    const found = names.map((name) => words.filter((word) => name.includes(word)).length / Math.max(words.length, 1));
    const parts = names[found[0] >= found[1] ? 0 : 1];
    const named = Math.max(...found);
    if (named === 1) score += 20 + (20 * words.length) / parts.length;
    else score += 8 * named;
    if (/^(changelog|contributing|architecture|rules-by-framework|rules\/index|coming-from-.*|development\/.*)$/.test(page)) score -= 8;
    return score;
  },
  objNameMatch: 11,
  objPartialMatch: 6,
  objPrio: { 0: 15, 1: 5, 2: -5 },
  objPrioDefault: 0,
  title: 15,
  partialTitle: 7,
  term: 5,
  partialTerm: 2,
};
