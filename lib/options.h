/*
 * options: the option tables of the tools that supai runs, from which it draws its
 * own. Not for what an option does: that is each tool's.
 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include "opt.h"

/* The keys of options without a letter; none is in two tables for two things. */
enum {
	OPTIONS_MAX_RECORD = OPT_LONG,
	OPTIONS_NO_STREAM, OPTIONS_ID, OPTIONS_UNLISTED,
	OPTIONS_DRY_RUN, OPTIONS_NOTES,
	OPTIONS_PANEL, OPTIONS_MODELS, OPTIONS_BASE_URL, OPTIONS_MERGE,
	OPTIONS_QUORUM, OPTIONS_PATIENCE, OPTIONS_ROUNDS, OPTIONS_JUDGE,
	OPTIONS_INSTRUCTIONS, OPTIONS_SEED,
	OPTIONS_CHOICE, OPTIONS_MIN_CONFIDENCE, OPTIONS_SAFE, OPTIONS_LENIENT,
	OPTIONS_ANY_FINISH, OPTIONS_NO_DONE,
	OPTIONS_MESSAGE,
	/* client_option takes these. */
	CLIENT_URL = OPT_LONG + 1000, CLIENT_KEY_FILE, CLIENT_NO_KEY,
	CLIENT_HEADER, CLIENT_RETRIES, CLIENT_CONNECT, CLIENT_FIRST_BYTE,
	CLIENT_IDLE, CLIENT_MAX_TIME, CLIENT_CACERT, CLIENT_PROXY,
	CLIENT_INSECURE,
	/* Where a tool's own keys begin. */
	OPTIONS_OWN = OPT_LONG + 2000,
};

/* Lines for a tool's table, as all of these are: what is wanted most comes first. */
#define KEY_OPTIONS							\
	{CLIENT_KEY_FILE, "key-file", "FILE", "read the key from FILE"}, \
	{CLIENT_NO_KEY, "no-key", NULL, "send no key"},			\
	{'v', "verbose", NULL, "say more on stderr of each exchange"},	\
	{CLIENT_HEADER, "header", "LINE|@FILE",				\
	    "add a header 'Name: value', or those in FILE"}

#define LIMIT_OPTIONS							\
	{CLIENT_RETRIES, "retries", "N", "try again at most N times"},	\
	{CLIENT_MAX_TIME, "max-time", "S", "limit for all of it (none)"}, \
	{CLIENT_FIRST_BYTE, "first-byte-timeout", "S",			\
	    "limit to the body's first byte (3600)"},			\
	{CLIENT_IDLE, "idle-timeout", "S", "limit between its bytes (600)"}, \
	{CLIENT_CONNECT, "connect-timeout", "S", "limit for connecting (10)"}, \
	{CLIENT_PROXY, "proxy", "URL", "go through this proxy"},	\
	{CLIENT_CACERT, "cacert", "FILE", "trust the certificates in FILE"}, \
	{CLIENT_INSECURE, "insecure-http", NULL,			\
	    "allow http: beyond this machine"}

#define CLIENT_OPTIONS							\
	{CLIENT_URL, "url", "URL", "send to this URL"},			\
	KEY_OPTIONS,							\
	LIMIT_OPTIONS

/* Fields of a request that people look for among the options, and keys. */
#define OPTIONS_FIELD(option, member)					\
	{option, "-b '{\"" member "\":…}' puts it into the request"}
#define OPTIONS_FIELDS							\
	OPTIONS_FIELD("temperature", "temperature"),			\
	OPTIONS_FIELD("top-p", "top_p"), OPTIONS_FIELD("top_p", "top_p"), \
	OPTIONS_FIELD("max-tokens", "max_tokens"),			\
	OPTIONS_FIELD("max_tokens", "max_tokens"),			\
	OPTIONS_FIELD("seed", "seed"), OPTIONS_FIELD("stop", "stop"),	\
	OPTIONS_FIELD("reasoning-effort", "reasoning_effort"),		\
	OPTIONS_FIELD("reasoning_effort", "reasoning_effort"),		\
	OPTIONS_FIELD("response-format", "response_format"),		\
	OPTIONS_FIELD("response_format", "response_format")
#define OPTIONS_KEY(option)						\
	{option, "a key is no argument, which others could read: it goes into a" \
	    " file (--key-file) or into SUPAI_API_KEY; see supai-send(1)"}
#define OPTIONS_KEYS							\
	OPTIONS_KEY("api-key"), OPTIONS_KEY("apikey"), OPTIONS_KEY("api_key"), \
	OPTIONS_KEY("token")

/* Said where a service's key is given to --key, which takes a thread's. */
#define OPTIONS_NO_THREAD						\
	"--key takes the key of a thread, and this looks like a service's, which is" \
	" not shown here: that goes into a file (--key-file) or into SUPAI_API_KEY;" \
	" see supai-send(1)"

#define REQ_OPTIONS							\
	{'m', "model", "MODE", "the mode (default: auto)"},		\
	{'M', "models", "PATTERN", "the models: ids or globs, comma lists"}, \
	{'s', "system", "TEXT", "a system message (@FILE: from a file)"}, \
	{'f', "file", "FILE", "put a file's text before the prompt"},	\
	{'i', "image", "FILE|URL", "add an image"},			\
	{'H', "history", "FILE", "earlier messages, of any form"},	\
	{'b', "body", "JSON|@FILE", "merge an object into the request, last"}, \
	{'x', "chunks", NULL, "ask for supai chunks in the stream"},	\
	{'u', "usage", NULL, "ask for token counts in the stream"},	\
	{OPTIONS_NO_STREAM, "no-stream", NULL, "ask for one JSON answer, no stream"}, \
	{'e', "each", "FILTER|@FILE", "a request for each JSON record of files"}, \
	{'R', "raw-input", NULL, "with -e: records are lines"},		\
	{OPTIONS_ID, "id", "FILTER", "with -e: the custom_id"},		\
	{'d', "date", "DATE", "the user's date, RFC 3339, or now"},	\
	{'l', "location", "IP", "the user's address, or current"},	\
	{'U', "user-name", "NAME", "the user's name"},			\
	{'E', "environment", "JSON", "merge an object into the environment"}, \
	{OPTIONS_UNLISTED, "unlisted", NULL, "let unknown modes and models through"}, \
	{OPTIONS_MAX_RECORD, "max-record", "SIZE",			\
	    "longest file, record and request (64M)"}

#define SEND_OPTIONS							\
	{CLIENT_URL, "url", "URL", "send to this URL"},			\
	KEY_OPTIONS,							\
	{OPTIONS_DRY_RUN, "dry-run", NULL, "print a curl command that does the same"}, \
	{'D', "dump-header", "FILE", "write the response's headers to FILE"}, \
	LIMIT_OPTIONS,							\
	{'1', "one", NULL, "the body is one answer, which [DONE] ends"}, \
	{OPTIONS_NOTES, "notes", NULL, "say retries on stderr, terminal or not"}, \
	{OPTIONS_MAX_RECORD, "max-record", "SIZE", "the longest request (64M)"}

#define ENSEMBLE_OPTIONS						\
	{OPTIONS_PANEL, "panel", "FILE", "the panel (the configuration's)"}, \
	{OPTIONS_MERGE, "merge", "HOW", "synthesis (the default), vote or best"}, \
	{OPTIONS_BASE_URL, "base-url", "URL", "ask there, without a panel"}, \
	{OPTIONS_MODELS, "models", "LIST", "with --base-url: these, ID[*N],..."}, \
	{OPTIONS_DRY_RUN, "dry-run", NULL, "print who would be asked, and where"}, \
	{OPTIONS_QUORUM, "quorum", "N", "so many answers are enough (all)"}, \
	{OPTIONS_PATIENCE, "patience", "S", "then the others have S seconds (30)"}, \
	{OPTIONS_ROUNDS, "rounds", "N", "let the models revise in N - 1 rounds (1)"}, \
	{OPTIONS_JUDGE, "judge", "ID", "who scores answers without logprobs"}, \
	{OPTIONS_INSTRUCTIONS, "instructions", "FILE",			\
	    "what main is told, instead of its usual text"},		\
	{OPTIONS_SEED, "seed", "N", "fix the order in which main sees answers"}, \
	KEY_OPTIONS,							\
	LIMIT_OPTIONS,							\
	{OPTIONS_MAX_RECORD, "max-record", "SIZE",			\
	    "the longest request, event and answer (64M)"}

/* What supai-sse and supai both have. */
#define SSE_OPTIONS							\
	{OPTIONS_NO_DONE, "no-done", NULL,				\
	    "the end of input ends an answer, without [DONE]"}

#define TEXT_OPTIONS							\
	{'k', "key", "PATTERN", "print the ensemble's threads whose key matches"}, \
	{'t', "thinking", NULL, "the thinking instead of the text"},	\
	{OPTIONS_MIN_CONFIDENCE, "min-confidence", "X",			\
	    "nothing, and status 1, below this confidence"},	\
	{'u', "usage", NULL, "a line of token counts on standard error"}, \
	{'n', "no-newline", NULL, "add no newline at an answer's end"},	\
	{'0', "null", NULL, "end each answer with a NUL instead"},	\
	{OPTIONS_CHOICE, "choice", "N", "print choice N of each answer (0)"}, \
	{OPTIONS_SAFE, "safe", NULL, "show control characters, terminal or not"}, \
	{'r', "raw", NULL, "never show them: the text as it is"},	\
	{OPTIONS_ANY_FINISH, "any-finish", NULL, "any finish reason is good"}, \
	{OPTIONS_LENIENT, "lenient", NULL, "take answers without a finish reason"}, \
	{'1', "one", NULL, "each input is one answer"},			\
	{OPTIONS_MAX_RECORD, "max-record", "SIZE", "longest line to take (64M)"}

#define FOLD_OPTIONS							\
	{OPTIONS_MESSAGE, "message", NULL, "only the message, only of whole answers"}, \
	{'k', "key", "PATTERN", "only the threads whose key matches"},	\
	{'t', "thinking", NULL, "keep the threads' thinking too"},	\
	{OPTIONS_MIN_CONFIDENCE, "min-confidence", "X",			\
	    "nothing, and status 1, below this confidence"},	\
	{'1', "one", NULL, "each input is one answer"},			\
	{OPTIONS_MAX_RECORD, "max-record", "SIZE", "longest line to take (64M)"}

#endif
