"""The verbs that a demand in the imperative begins with."""

from __future__ import annotations

_VERBS_TEXT = """
accept activate adapt add adjust administer adopt advertise aggregate align allocate allow allowlist amend
annotate answer append apply approve archive arrange ask assert assess assign attach authenticate authorise
authorize automate backport bind bound bring calculate capture carry catch centralise centralize certify
choose cite clarify classify collect combine communicate compare complete compose conduct configure confirm
conform connect conserve consolidate constrain consult consume contain containerise containerize contribute
convert coordinate correct correlate craft create customise customize decide declare decommission decompose
decouple dedicate deduplicate define delegate delete deliver demonstrate deny deprecate deprovision derive
describe detach detect determine diagnose differentiate disable disclose discover distinguish distribute
divide downgrade drain eliminate embed embrace emit employ enable encapsulate encourage encrypt enforce engage
enhance enrich ensure enumerate escape establish estimate evaluate examine exclude execute expire explain
export expose extend externalise externalize extract factor fail favor favour fetch find finish fit flatten
follow forbid force formalise formalize forward gather generate give govern grant grow harden hash hide honor
honour identify implement import impose improve include incorporate indicate inform inherit initialise
initialize initiate inject inline inspect install instruct instrument integrate introduce investigate invoke
isolate iterate join justify keep know learn leave let leverage lower maintain manage mandate maximize measure
mention migrate minimise minimize mitigate modify modularise modularize move narrow nest normalise normalize
notify obey observe obtain offer omit onboard open operate opt orchestrate organise organize overwrite
parameterise parameterize parse partition perform permit persist pick populate precede prefer prepare preserve
prevent prioritise prioritize produce prohibit promote propagate propose protect prove provide provision prune
publish purge put quarantine reach react rebase rebuild recommend reconcile recover recreate recycle redact
redeploy reduce refactor refer refine reflect refresh refuse regenerate register reinforce reject rely
remediate remember remove rename render repeat replace replicate reproduce require rescan reset resize resolve
respect respond restart restrict restructure resume retain retry reuse revert revise revoke rewrite rotate
safeguard sanitise sanitize satisfy save search secure segment segregate send separate shorten shrink simplify
simulate solve specialise specify spread standardise standardize stick stream strip strive submit substitute
summarise summarize supply suppress suspend tailor take terminate tolerate transform transition translate
transmit trim truncate unify uninstall unset utilise utilize validate vary vendor verify vet visit warn weigh
whitelist withhold write
"""
_BOTH_TEXT = """
access audit back batch block break build bump change clean comment commit cover default deploy design
document drop filter fix flag group guard handle increment limit link lint list load log make map mark match
mirror monitor mount name order override package pass pin place plan prefix print pull push query quote raise
read record reference release report request reserve return review roll route run scale scan scope seal select
serve set ship show sign source split start state stop store structure support switch sync tag target template
test tie trace track treat turn update upgrade use version wait wire wrap
"""
_NOUNS_TEXT = """
access account alert balance branch bundle cache call chain control copy cycle debug detail duplicate edit
exercise feed file fill focus format gate go host label launch layer lock look model number own patch pause
port post practice present probe profile prompt rank rate sample schedule script section share shift signal
snapshot sort space stage stamp surface throttle toggle trigger trust tune upload view watch work
"""

VERBS = frozenset(_VERBS_TEXT.split())
"""Words that are hardly anything but a verb where they begin a sentence."""
BOTH = frozenset(_BOTH_TEXT.split())
"""Words that begin a sentence as often as nouns: "Test charts are kept apart"."""
NOUNS = frozenset(_NOUNS_TEXT.split())
"""Words that are nouns unless an object follows: "Host networking" demands nothing, "Cache the index" does."""
IMPERATIVES = VERBS | BOTH | NOUNS
