#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "diag.h"
#include "emit.h"
#include "endpoint.h"
#include "utf8.h"

const char *
endpoint_token(const char *authorization)
{
	static const char scheme[] = "Bearer ";	/* in any case: RFC 9110, 11.1 */

	if (authorization == NULL ||
	    strncasecmp(authorization, scheme, sizeof(scheme) - 1) != 0)
		return "";
	authorization += sizeof(scheme) - 1;
	return authorization + strspn(authorization, " ");
}

/* Answers. */

static void
add_member(struct emit *e, const char *name, const char *value)
{
	struct buf text = {0};

	emit_name(e, name);
	if (value == NULL) {
		emit_word(e, "null");
		return;
	}
	utf8_add(&text, value, strlen(value));
	emit_text(e, text.p, text.n);
	buf_free(&text);
}

void
endpoint_add_error(struct buf *out, const struct endpoint_error *error)
{
	struct emit e = {.out = out};

	emit_open(&e, '{');
	emit_open(emit_name(&e, "error"), '{');
	add_member(&e, "message", error->message);
	add_member(&e, "type", error->type);
	add_member(&e, "param", error->param);
	add_member(&e, "code", error->code);
	emit_close(&e, '}');
	emit_close(&e, '}');
}

void
endpoint_add_event(struct buf *out, const struct endpoint_error *e)
{
	buf_adds(out, "data: ");
	endpoint_add_error(out, e);
	buf_adds(out, "\n\n");
}

struct endpoint_error
endpoint_error_of(unsigned status)
{
	static const char request[] = "invalid_request_error", server[] = "server_error";
	static const struct {
		unsigned	 status;
		const char	*message, *type, *code;
	} errors[] = {
		{401, "the API key is not right", request, "invalid_api_key"},
		{402, "payment is required", "billing_error", NULL},
		{403, "this key may not do that", "permission_error", NULL},
		{408, "the request took too long", "timeout_error", NULL},
		{409, "the request is in conflict with another", "conflict_error", NULL},
		{429, "too many requests", "rate_limit_error", "rate_limit_exceeded"},
		{500, "the server had an error", server, NULL},
		{502, "bad gateway", server, NULL},
		{503, "the service is overloaded", server, NULL},
		{504, "gateway timeout", server, NULL},
	};
	size_t i;

	for (i = 0; i < sizeof(errors) / sizeof(*errors); i++)
		if (errors[i].status == status)
			return (struct endpoint_error){errors[i].message,
			    errors[i].type, NULL, errors[i].code};
	return status < 500 ?
	    (struct endpoint_error){"the request failed", request, NULL, NULL} :
	    (struct endpoint_error){"the server failed", server, NULL, NULL};
}

unsigned
endpoint_no_path(struct request_fault *f, const char *path)
{
	buf_printf(&f->message, "there is no %s here", path);
	f->code = "not_found";
	return 404;
}

unsigned
endpoint_no_method(struct request_fault *f, const char *path, const char *method,
    const char *takes)
{
	buf_printf(&f->message, "%s takes %s, not %s", path, takes, method);
	f->code = "method_not_allowed";
	return 405;
}

unsigned
endpoint_no_key(struct request_fault *f, const char *token)
{
	buf_adds(&f->message, *token != '\0' ? "the API key is not right" :
	    "no API key: send it as 'Authorization: Bearer KEY'");
	f->code = "invalid_api_key";
	return 401;
}

unsigned
endpoint_too_long(struct request_fault *f)
{
	buf_printf(&f->message, "the body is longer than %zu bytes",
	    ENDPOINT_MAX_BODY);
	f->code = "request_too_large";
	return 413;
}

struct endpoint_error
endpoint_refusal(struct request_fault *f)
{
	return (struct endpoint_error){buf_string(&f->message),
	    "invalid_request_error", f->param, f->code};
}

/* An object with a member "ID": {"id": "ID"} for each. */
static void
emit_ids(struct emit *e, const char *const *ids, size_t n)
{
	size_t i;

	emit_open(e, '{');
	for (i = 0; i < n; i++) {
		emit_open(emit_name(e, ids[i]), '{');
		emit_text(emit_name(e, "id"), ids[i], strlen(ids[i]));
		emit_close(e, '}');
	}
	emit_close(e, '}');
}

void
endpoint_add_ids(struct buf *out, const char *const *ids, size_t n,
    const char *image)
{
	struct emit e = {.out = out};

	emit_open(&e, '{');
	emit_ids(emit_name(&e, "text"), ids, n);
	emit_ids(emit_name(&e, "image"), &image, image != NULL ? 1 : 0);
	emit_close(&e, '}');
}

int
endpoint_open_log(const char *path)
{
	int fd = -1;

	if (path != NULL) {
		fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
		if (fd == -1)
			diag_die_errno(EX_CANTCREAT, "%s", path);
	}
	return fd;
}

/* The command. */

enum { NOT_RUN = 126, NOT_FOUND = 127, SIGNALLED = 128 };	/* as shells have them */

/* The command, while it runs; for the signal handler. */
static volatile sig_atomic_t command;

/* What the terminal sends went to the command as well: not a second time. */
static void
pass_on(int sig, siginfo_t *info, void *unused)
{
	int saved = errno;

	(void)unused;
	if (command > 0 && (sig == SIGTERM || info->si_code == SI_USER ||
	    info->si_code == SI_QUEUE))
		kill((pid_t)command, sig);
	errno = saved;
}

static void
set_environment(const char *url, const char *key)
{
	static const char *const names[] = {"NO_PROXY", "no_proxy"};
	struct buf hosts = {0};
	const char *had;
	size_t i;

	setenv("SUPAI_BASE_URL", url, 1);
	setenv("SUPAI_API_KEY", key, 1);
	for (i = 0; i < 2; i++) {
		had = getenv(names[i]);
		buf_adds(&hosts, "127.0.0.1,localhost");
		if (had != NULL && *had != '\0')
			buf_printf(&hosts, ",%s", had);
		setenv(names[i], buf_string(&hosts), 1);
		buf_clear(&hosts);
	}
	buf_free(&hosts);
}

void
endpoint_start(char **argv, const char *url, const char *key, const sigset_t *mask)
{
	pid_t pid = fork();

	if (pid == -1)
		diag_die_errno(EX_OSERR, "fork");
	if (pid != 0) {
		command = pid;
		return;
	}
	sigprocmask(SIG_SETMASK, mask, NULL);
	set_environment(url, key);
	execvp(argv[0], argv);
	diag_warn_errno("%s", argv[0]);
	_exit(errno == ENOENT ? NOT_FOUND : NOT_RUN);
}

void
endpoint_pass_on(void)
{
	struct sigaction sa = {.sa_sigaction = pass_on,
	    .sa_flags = SA_SIGINFO | SA_RESTART};

	sigemptyset(&sa.sa_mask);
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
}

bool
endpoint_ended(int *status, int how)
{
	pid_t pid;
	int end;

	if (command == 0)
		return false;
	while ((pid = waitpid((pid_t)command, &end, how)) == -1)
		if (errno != EINTR)
			diag_die_errno(EX_OSERR, "wait");
	if (pid == 0)
		return false;
	command = 0;
	*status = WIFSIGNALED(end) ? SIGNALLED + WTERMSIG(end) :
	    WEXITSTATUS(end);
	return true;
}
