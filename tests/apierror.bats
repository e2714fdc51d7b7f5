#!/usr/bin/env bats
# lib/apierror: a service's error is found whatever shape it has, and means what
# its code says. Each case is a record and what errortest makes of it.
load helper

# makes: each line of standard input is "RECORD => WANT".
makes() {
    local line
    while read -r line; do
        assert_equal "${line%% => *} => $(errortest <<<"${line%% => *}")" "$line"
    done
}

@test "an error is found in every shape that services give it" {
    makes <<'END'
{"error":{"message":"m"}} => 69 m
{"error":"bare"} => 69 bare
{"id":"x","choices":[],"error":{"message":"m","code":429}} => 75 m
{"choices":[{"index":0,"delta":{"content":""},"finish_reason":"error","error":{"code":504,"message":"upstream timed out"}}]} => 69 upstream timed out
{"choices":[{"index":0},{"index":1,"error":{"code":400,"message":"second"}}]} => 65 second
{"error_type":"context_length_exceeded","error_message":"too long"} => 65 too long
{"error_message":"only words"} => 69 only words
{"error_type":"rate_limit_error"} => 75 {"error_type":"rate_limit_error"}
{"detail":"Not authenticated"} => 69 Not authenticated
{"detail":{"error":{"message":"inner","code":"invalid_api_key"}}} => 77 inner
{"detail":{"error":"inner text"}} => 69 inner text
{"detail":{"message":"m","code":400}} => 65 m
{"detail":[{"loc":["body","messages",0,"role"],"msg":"field required","type":"missing"},{"loc":["body","n"],"msg":"not a number"}]} => 69 body.messages.0.role: field required; body.n: not a number
[{"error":{"code":400,"message":"API key not valid","status":"INVALID_ARGUMENT"}}] => 65 API key not valid
{"errors":[{"message":"first"},{"message":"second"}]} => 69 first; second
{"errors":["plain"]} => 69 plain
{"errors":["a","b","c","d"]} => 69 a; b; c
{"success":false,"errors":[{"code":10000,"message":"Authentication error"}],"result":null} => 69 Authentication error
{"object":"error","message":"m","type":"BadRequestError","param":null,"code":400} => 65 m
{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}} => 69 Overloaded
{"type":"error","message":"m"} => 69 m
{"code":"InvalidParameter","message":"m","request_id":"r"} => 69 m
{"error":true,"message":"m"} => 69 m
{"error":{"code":502}} => 69 {"code":502}
{"error":{"code":"insufficient_quota"}} => 77 {"code":"insufficient_quota"} (quota)
{"error":{"type":"rate_limit_error"}} => 75 {"type":"rate_limit_error"}
{"error":{"type":"a kind that nobody knows"}} => -
{"error":{"error":{"message":"deep","code":401}}} => 77 deep
{"choices":[{"index":0,"delta":{}}],"x_groq":{"error":"over capacity"}} => 69 over capacity
{"choices":null,"base_resp":{"status_code":1004,"status_msg":"login fail"}} => 69 login fail
{"object":"error","message":{"detail":"d"},"type":"x"} => 69 d
{"message":["a","b"],"type":"invalid_request_error"} => 65 a; b
END
}

@test "what is no error is none" {
    makes <<'END'
{"error":null} => -
{"error":{"code":5}} => -
{"error":{}} => -
{"error":""} => -
{"error":false} => -
{"id":"x","choices":[{"delta":{"content":"a"},"error":null}]} => -
{"choices":[],"detail":"a member that a completion may have"} => -
{"choices":null} => -
{"role":"user","message":"hi"} => -
{"message":"hi"} => -
{"errors":[]} => -
{"errors":null,"detail":null} => -
{"detail":""} => -
{"detail":5} => -
{"choices":[{"delta":{"content":"a"}}],"x_groq":{"id":"r","error":null}} => -
{"choices":[{"delta":{"content":"a"}}],"base_resp":{"status_code":0,"status_msg":""}} => -
{"message":{"a":"b"}} => -
[] => -
[1,{"a":1}] => -
"error" => -
42 => -
END
}

@test "an error's code, status or type tells the exit status, as a name, a number or digits" {
    makes <<'END'
{"error":{"message":"m","code":400}} => 65 m
{"error":{"message":"m","code":"400"}} => 65 m
{"error":{"message":"m","code":404}} => 65 m
{"error":{"message":"m","code":422}} => 65 m
{"error":{"message":"m","code":401}} => 77 m
{"error":{"message":"m","code":"402"}} => 77 m
{"error":{"message":"m","code":408}} => 75 m
{"error":{"message":"m","code":"429"}} => 75 m
{"error":{"message":"m","code":599}} => 69 m
{"error":{"message":"m","code":600}} => 69 m
{"error":{"message":"m","code":200,"status":403}} => 77 m
{"error":{"message":"m","code":"42x"}} => 69 m
{"error":{"message":"m","code":"context_length_exceeded"}} => 65 m
{"error":{"message":"m","type":"exceed_context_size_error","code":500}} => 69 m
{"error":{"message":"m","type":"invalid_request_error","code":null}} => 65 m
{"error":{"message":"m","type":"invalid_request_error","code":"rate_limit_exceeded"}} => 75 m
{"error":{"message":"m","code":"x","type":"rate_limit_error"}} => 75 m
{"error":{"message":"m","code":429,"type":"insufficient_quota"}} => 77 m (quota)
{"error":{"message":"m","type":"server_error"}} => 69 m
{"error":{"message":"m","http_status_code":422}} => 65 m
{"error":{"message":"m","code":"data_inspection_failed"}} => 65 m
{"error":{"message":"m","http_code":"401","type":"authorized_error"}} => 77 m
{"error":{"message":"m","type":"x","status_code":429}} => 75 m
{"error":{"message":"m","http_code":"429","type":"insufficient_balance_error"}} => 77 m (quota)
{"error":{"message":"m","type":"budget_exceeded","code":"400"}} => 77 m (quota)
{"error":{"message":"m","code":"1113"}} => 77 m (quota)
END
}

@test "an error's message is one compact line, the innermost words that there are" {
    makes <<'END'
{"error":{"message":"  a\n   b\tc  "}} => 69 a b c
{"error":{"message":"{\n  \"error\": {\n \"message\": \"inner\"\n }\n}"}} => 69 inner
{"error":{"message":"{not json"}} => 69 {not json
{"error":{"message":{"error":"in an object"}}} => 69 in an object
{"error":{"message":"Provider returned error","code":400,"metadata":{"raw":"{\"error\":{\"message\":\"prompt too long\"}}","provider_name":"x"}}} => 65 Provider returned error: prompt too long
{"error":{"message":"Provider returned error","code":429,"metadata":{"raw":"try later"}}} => 75 Provider returned error: try later
{"error":{"message":"same","metadata":{"raw":"same"}}} => 69 same
{"error":{"message":"m","metadata":{"raw":null}}} => 69 m
{"error":{"message":"m","metadata":{"raw":{"detail":"d"}}}} => 69 m: d
{ "error" : { "code" : 500 , "why" : "a \" b" } } => 69 {"code":500,"why":"a \" b"}
{"errors":["a","b","c","d"]} => 69 a; b; c
END
}

@test "errors inside each other without end are not followed for ever" {
    deep='"x"'
    for ((i = 0; i < 100; i++)); do deep="{\"error\":$deep}"; done
    run errortest <<<"$deep"
    assert_equal "$status" 0
    assert_equal "${output%% *}" 69
}
