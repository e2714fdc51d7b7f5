"""A peer that is measured, no part of the toolkit: what supai-fold makes of
recordings, as the loop over json.loads that one would write instead."""
import json
import sys


def new_thread():
    return {"model": None, "text": [], "confidence": None, "done": False, "retries": 0,
            "errors": [], "searches": {}, "fetched": {}, "sources": {}, "files": [],
            "thinking_chars": 0}


def new_answer():
    return {"mode": None, "start_models": None, "final_models": None, "consensus_model": None}


def finish(supai, threads):
    for t in threads.values():
        t["text"] = "".join(t["text"])
        t["searches"] = list(t["searches"])
        t["fetched"] = list(t["fetched"])
        t["sources"] = [{"url": u, "title": s} for u, s in t["sources"].items()]
    text = threads["main"]["text"] or None
    supai["threads"] = threads
    answer = {"object": "chat.completion", "choices": [{
        "index": 0, "message": {"role": "assistant", "content": text},
        "finish_reason": "stop" if text else None}], "supai": supai}
    sys.stdout.write(json.dumps(answer, ensure_ascii=False, separators=(",", ":")) + "\n")


def rare(kind, t, chunk):
    if kind == "confidence-score":
        t["confidence"] = chunk["value"]
    elif kind == "retry":
        t["retries"] += 1
    elif kind == "error":
        error = {"message": chunk["message"]}
        if "retryAt" in chunk:
            error["retry_at"] = chunk["retryAt"]
        t["errors"].append(error)
    elif kind in ("web-search-call", "web-search-result"):
        if chunk["query"] is not None:
            t["searches"][chunk["query"]] = None
    elif kind == "google-search-results":
        for query in chunk["queries"]:
            t["searches"][query] = None
    elif kind == "fetch-url-call":
        t["fetched"][chunk["url"]] = None
    elif kind == "source":
        source = chunk["source"]
        if t["sources"].get(source["url"]) is None:
            t["sources"][source["url"]] = source["title"]
    elif kind == "file-start":
        t["files"].append({"id": chunk["fileId"], "content_type": chunk["contentType"]})


def main():
    for f in (sys.stdin, sys.stdout):
        f.reconfigure(encoding="utf-8")
    supai, threads = new_answer(), {}
    for line in sys.stdin:
        chunk = json.loads(line)["chunk"]
        kind = chunk["type"]
        source = chunk.get("_source")
        if source is None:
            if kind == "run-mode-call":
                supai["mode"] = chunk["modeId"]
                supai["start_models"] = chunk["startModelIds"]
            elif kind == "run-mode-result":
                supai["final_models"] = chunk["finalModelIds"]
            elif kind == "run-consensus":
                supai["consensus_model"] = chunk["modelId"]
            continue
        key = source["key"]
        t = threads.get(key)
        if t is None:
            t = threads[key] = new_thread()
        if t["model"] is None:
            t["model"] = source.get("modelId")
        if kind == "thinking":
            t["thinking_chars"] += len(chunk["text"])
        elif kind == "text":
            t["text"].append(chunk["text"])
        elif kind == "text-start":
            t["text"] = []
        elif kind == "done":
            t["done"] = True
            if key == "main":
                finish(supai, threads)
                supai, threads = new_answer(), {}
        else:
            rare(kind, t, chunk)


main()
