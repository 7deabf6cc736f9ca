"""What the functions of text/template, sprig and helm do with their arguments, as far as it matters for which values
are read. Functions that are not listed here read their arguments as a whole.
"""

from __future__ import annotations

from helm_constitution.templates import condition_functions, dict_functions, list_functions, text_functions
from helm_constitution.templates.evaluator import Function

FUNCTIONS: dict[str, Function] = {
    **dict.fromkeys(("eq", "ne"), condition_functions.compare),
    **dict.fromkeys(("lt", "le", "gt", "ge", "not", "empty"), condition_functions.test),
    **dict.fromkeys(("kindIs", "kindOf", "typeIs", "typeOf", "typeIsLike"), condition_functions.test),
    **dict.fromkeys(("default", "coalesce"), condition_functions.any_operand),
    **dict.fromkeys(("and", "or"), condition_functions.junction),
    **dict.fromkeys(("deepCopy", "mustDeepCopy", "omit"), dict_functions.first_operand),
    **dict.fromkeys(("merge", "mustMerge", "mergeOverwrite", "mustMergeOverwrite"), dict_functions.merge),
    **dict.fromkeys(("list", "tuple"), list_functions.list_),
    **dict.fromkeys(("first", "mustFirst"), list_functions.first_item),
    **dict.fromkeys(("last", "mustLast"), list_functions.last_item),
    **dict.fromkeys(("rest", "mustRest"), list_functions.rest),
    **dict.fromkeys(("append", "mustAppend", "push", "mustPush"), list_functions.append),
    **dict.fromkeys(
        (
            *("initial", "mustInitial", "reverse", "mustReverse", "uniq", "mustUniq", "compact", "mustCompact"),
            *("without", "mustWithout", "slice", "mustSlice", "prepend", "mustPrepend", "concat", "mustConcat"),
            "sortAlpha",
        ),
        list_functions.of_lists,
    ),
    **dict.fromkeys(("print", "println"), text_functions.print_),
    **dict.fromkeys(("fromYaml", "fromYamlArray", "fromJson", "fromJsonArray", "mustFromJson"), text_functions.parsed),
    **dict.fromkeys(("toString", "trim"), text_functions.same_text),
    "dict": dict_functions.dict_,
    "dig": dict_functions.dig,
    "fail": condition_functions.fail,
    "get": dict_functions.get,
    "has": condition_functions.has,
    "mustHas": condition_functions.has,
    "hasKey": dict_functions.has_key,
    "include": text_functions.include,
    "index": dict_functions.index,
    "keys": dict_functions.keys,
    "pick": dict_functions.pick,
    "pluck": dict_functions.pluck,
    "printf": text_functions.printf,
    "required": condition_functions.required,
    "set": dict_functions.set_key,
    "ternary": condition_functions.ternary,
    "tpl": text_functions.tpl,
    "unset": dict_functions.unset,
    "values": dict_functions.values,
}
"""The functions that pass values on; every other one uses up what it is given."""
TOLERANT = FUNCTIONS.keys() - {"index", "keys", "print", "println", "printf", "toString", "tpl", "trim", "values"}
"""Those that take nil without harm, or whose callee is checked by itself."""
