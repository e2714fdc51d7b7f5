# An answer with n different things of a kind in its lists; -v kind=, -v n=.
function supai(key, rest) { printf "{\"object\":\"supai.chunk\",\"chunk\":{\"_source\":{\"key\":\"%s\"},%s}}\n", key, rest }
function open_delta() { printf "{\"id\":\"x\",\"object\":\"chat.completion.chunk\",\"choices\":[" }
function delta(index_, members, finish) {
    open_delta()
    printf "{\"index\":%d,\"delta\":{%s},\"finish_reason\":%s}]}\n", index_, members, finish ? "\"stop\"" : "null"
}
function call(i) { return sprintf("{\"index\":0,\"id\":\"c%d\",\"function\":{\"name\":\"f\",\"arguments\":\"\"}}", i) }

kind == "searches" { for (i = 0; i < n; i++) supai("m", sprintf("\"type\":\"web-search-call\",\"query\":\"q%d\"", i)) }
kind == "sources" { for (i = 0; i < n; i++) supai("m", sprintf("\"type\":\"source\",\"source\":{\"url\":\"u%d\",\"title\":null}", i)) }
kind == "failures" { for (i = 0; i < n; i++) supai("m", sprintf("\"type\":\"error\",\"message\":\"m%d\"", i)) }
kind == "types" { for (i = 0; i < n; i++) supai("m", sprintf("\"type\":\"t%d\"", i)) }
kind == "threads" { for (i = 0; i < n; i++) supai("m" i % 65536, "\"type\":\"text\",\"text\":\"a\"") }
kind == "errors" { for (i = 0; i < n; i++) printf "{\"error\":{\"message\":\"e%d\"}}\n", i }
kind == "ids" {
    for (i = 0; i < n; i++)
        printf "{\"id\":\"i%d\",\"object\":\"chat.completion.chunk\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}}]}\n", i
}
kind == "answers" {
    for (i = 0; i < n; i++)
        printf "{\"id\":\"i%d\",\"object\":\"chat.completion.chunk\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}}]}\n\n", i
}
kind == "choices" { for (i = 0; i < n; i++) delta(i % 4096, "\"content\":\"a\"", 1) }
kind == "choices of one" {
    open_delta()
    for (i = 0; i < n; i++)
        printf "%s{\"index\":%d,\"delta\":{\"content\":\"a\"},\"finish_reason\":\"stop\"}", i ? "," : "", i % 4096
    print "]}"
}
kind == "calls" { for (i = 0; i < n; i++) delta(0, "\"tool_calls\":[" call(i) "]") }
kind == "calls of one" {
    open_delta()
    printf "{\"index\":0,\"delta\":{\"tool_calls\":["
    for (i = 0; i < n; i++)
        printf "%s%s", i ? "," : "", call(i)
    print "]},\"finish_reason\":\"tool_calls\"}]}"
}
kind == "members" {
    for (i = 0; i < n; i++)
        delta(0, sprintf("\"content\":\"a\",\"m%d\":\"v\"", i))
}
kind == "members of one" {
    open_delta()
    printf "{\"index\":0,\"delta\":{\"content\":\"a\""
    for (i = 0; i < n; i++)
        printf ",\"m%d\":\"v\"", i
    print "},\"finish_reason\":\"stop\"}]}"
}
kind == "parts" {
    open_delta()
    printf "{\"index\":0,\"delta\":{\"content\":["
    for (i = 0; i < n; i++)
        printf "%s{\"type\":\"p%d\",\"text\":\"a\"}", i ? "," : "", i
    print "]},\"finish_reason\":\"stop\"}]}"
}
kind == "elements" { for (i = 0; i < n; i++) delta(0, sprintf("\"content\":\"a\",\"details\":[{\"index\":%d,\"text\":\"a\"}]", i)) }
