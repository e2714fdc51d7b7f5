# What supai-fold must make of a recording, worked out by jq alone and with no
# thought of speed: the member supai, the message and the finish reason.
# Run with --slurp on the chunks of one answer.

def unique_in_order: reduce .[] as $x ([]; if index([$x]) then . else . + [$x] end);

def thread($key):
  map(select(._source.key == $key)) as $own
  | ($own | map(.type)) as $types
  | ($types | rindex("text-start")) as $start
  | {
      model: ([$own[] | ._source.modelId | strings] | first // null),
      text: ([$own[$start // 0:][] | select(.type == "text").text] | add // ""),
      confidence: ([$own[] | select(.type == "confidence-score").value] | last // null),
      done: ($types | any(. == "done")),
      retries: ($types | map(select(. == "retry")) | length),
      errors: [$own[] | select(.type == "error")
        | {message} + (if has("retryAt") then {retry_at: .retryAt} else {} end)],
      searches: ([$own[]
          | select(.type == "web-search-call" or .type == "web-search-result"
              or .type == "google-search-results")
          | .query, (.queries // [])[] | strings] | unique_in_order),
      fetched: ([$own[] | select(.type == "fetch-url-call").url] | unique_in_order),
      sources: ([$own[] | select(.type == "source").source] as $all
        | [$all[].url] | unique_in_order
        | map(. as $url | {url: $url,
            title: ([$all[] | select(.url == $url).title | strings] | first // null)})),
      files: [$own[] | select(.type == "file-start") | {id: .fileId, content_type: .contentType}],
      thinking_chars: ([$own[] | select(.type == "thinking").text | length] | add // 0)
    };

map(.chunk)
| ([.[] | ._source.key | strings] | unique_in_order) as $keys
| . as $chunks
| (reduce $keys[] as $key ({}; .[$key] = ($chunks | thread($key)))) as $threads
| ([.[] | select(.type == "run-mode-call")] | last) as $call
| {
    message: ($threads.main.text // "" | if . == "" then null else . end),
    finish_reason: (if $threads.main.done and $threads.main.text != "" then "stop" else null end),
    keys: $keys,
    supai: {
      mode: $call.modeId,
      start_models: $call.startModelIds,
      final_models: ([.[] | select(.type == "run-mode-result").finalModelIds] | last // null),
      consensus_model: ([.[] | select(.type == "run-consensus").modelId] | last // null),
      threads: $threads
    }
  }
