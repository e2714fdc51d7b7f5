# What holds of the ensemble's chunks in every stream of the service, as measured on its
# recorded answers; and so of what supai-ensemble writes. Run with --slurp on the chunks
# of one answer that ended, {"object":"supai.chunk","chunk":{…}} a line; gives a line for
# each thing that does not hold.

def must($what; f): if f then empty else $what end;

[.[] | select(.object == "supai.chunk") | .chunk]
| . as $all
| (map(._source.key | strings) | unique) as $keys
| ([.[] | select(.type == "run-mode-call")] | first | .startModelIds // []) as $start
| ([.[] | select(.type == "run-mode-result")] | first | .finalModelIds // []) as $final
| (map(._source.key == "main") | index(true) // ($all | length)) as $first_main
| must("run-mode-call is first, and the only one";
    .[0].type == "run-mode-call" and (map(select(.type == "run-mode-call")) | length) == 1),
  must("the last chunk is main's done"; .[-1].type == "done" and .[-1]._source.key == "main"),
  must("run-mode-result stands right before it"; .[-2].type == "run-mode-result"),
  must("the keys are the ones that were started, and main"; ($start + ["main"] | sort) == $keys),
  must("each key is done once";
    all($keys[]; . as $k | ($all | map(select(.type == "done" and ._source.key == $k)) | length) == 1)),
  must("the models' chunks come before main's";
    all($all[$first_main:][]; ._source.key // "main" | . == "main")),
  must("run-consensus stands right before main's first chunk, and once at most";
    (map(.type == "run-consensus") | indices(true)) as $at | $at == [] or $at == [$first_main - 1]),
  must("the final ones are the started ones without those that failed for good";
    $final == ($start - [$all[] | select(.type == "error" and (.retryAt | type) != "string")._source.key | strings])),
  ($keys[] as $k | ($all | map(select(._source.key == $k))) as $own | ($own | map(.type)) as $types
    | ($types | index("done") // length) as $done
    | must("\($k): nothing but its score comes after its done"; $types[$done + 1:] - ["confidence-score"] == []),
      must("\($k): a score comes once at most, after done, and neither to main nor to one that failed";
        ($types | indices("confidence-score")) as $at
        | $at == [] or ($at == [$done + 1] and ($final | index([$k])) != null)),
      must("\($k): a text has a text-start before it";
        ($types | index("text")) as $text | $text == null or ($types[:$text] | index("text-start")) != null),
      must("\($k): a text-start is followed by a text";
        all($types | indices("text-start")[]; $types[. + 1] == "text")),
      must("\($k): a block of thinking has a thinking-start before it";
        all($types | indices("thinking")[];
          $types[. - 1] == "thinking" or $types[. - 1] == "thinking-start")),
      must("\($k): a retry comes right after an error that says when, and only there";
        all(range($own | length);
          ($own[.].type == "error" and ($own[.].retryAt | type) == "string") == ($types[. + 1] == "retry"))),
      must("\($k): a search has a call before its result";
        ($types | index("web-search-result")) as $result
        | $result == null or ($types[:$result] | index("web-search-call")) != null))
