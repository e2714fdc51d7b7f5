# A peer that is measured: what supai-fold makes of recordings, one answer after
# the other, in one pass and in little memory: jq -cn -f fold.jq. Of the ways to
# write it the fastest in jq 1.6: setpath, because += copies what it changes.

def answer:
  {mode: null, start_models: null, final_models: null, consensus_model: null, threads: {}};

def thread($model):
  {model: $model, text: "", confidence: null, done: false, retries: 0, errors: [],
    searches: [], fetched: [], sources: [], files: [], thinking_chars: 0};

def once($x): if $x == null or index([$x]) then . else . + [$x] end;

def source($s):
  (map(.url) | index([$s.url])) as $i
  | if $i == null then . + [$s | {url, title}]
    elif .[$i].title == null then .[$i].title = $s.title
    else . end;

def rare($c):
  if $c.type == "text-start" then .text = ""
  elif $c.type == "confidence-score" then .confidence = $c.value
  elif $c.type == "done" then .done = true
  elif $c.type == "retry" then .retries += 1
  elif $c.type == "error" then .errors += [{message: $c.message}
    + (if $c | has("retryAt") then {retry_at: $c.retryAt} else {} end)]
  elif $c.type == "web-search-call" or $c.type == "web-search-result" then
    .searches |= once($c.query)
  elif $c.type == "google-search-results" then
    .searches |= reduce $c.queries[] as $q (.; once($q))
  elif $c.type == "fetch-url-call" then .fetched |= once($c.url)
  elif $c.type == "source" then .sources |= source($c.source)
  elif $c.type == "file-start" then .files += [{id: $c.fileId, content_type: $c.contentType}]
  else . end;

def whole:
  .threads.main.text as $text
  | {object: "chat.completion", choices: [{index: 0,
      message: {role: "assistant", content: (if $text == "" then null else $text end)},
      finish_reason: (if $text == "" then null else "stop" end)}], supai: .};

foreach (inputs.chunk) as $c (answer;
  if .threads.main.done then answer else . end
  | $c._source.key as $key
  | if $key then
      (if .threads[$key] then . else .threads[$key] = thread($c._source.modelId) end)
      | if $c.type == "thinking" then
          ["threads", $key, "thinking_chars"] as $at
          | setpath($at; getpath($at) + ($c.text | length))
        elif $c.type == "text" then
          ["threads", $key, "text"] as $at | setpath($at; getpath($at) + $c.text)
        else .threads[$key] |= rare($c) end
    elif $c.type == "run-mode-call" then .mode = $c.modeId | .start_models = $c.startModelIds
    elif $c.type == "run-mode-result" then .final_models = $c.finalModelIds
    elif $c.type == "run-consensus" then .consensus_model = $c.modelId
    else . end;
  if .threads.main.done then whole else empty end)
