#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "diag.h"
#include "io.h"
#include "mock.h"
#include "opt.h"
#include "value.h"

enum { PORT = OPT_LONG, LOG };

static const struct opt_def defs[] = {
	{PORT, "port", "N", "listen on this port instead of a free one"},
	{LOG, "log", "FILE", "append each request to FILE, one JSON object a line"},
	{0, NULL, NULL, NULL},
};

static const struct opt_tool tool = {
	.operands = "[-- command [arg ...]]",
	.summary = "Stand in for Sup AI's service on 127.0.0.1.",
	.defs = defs,
	.first = true,
};

int
main(int argc, char **argv)
{
	struct service service = {0};
	struct mock_options o = {.service = &service, .log = -1};
	struct buf url = {0};
	struct mock *m;
	const char *arg;
	int key, port = 0, listener, sig;
	sigset_t signals;

	diag_init(argv[0]);
	io_init();
	value_init();
	while ((key = opt_next(&tool, argc, argv, &arg)) != -1)
		switch (key) {
		case PORT:
			port = (int)opt_count(&tool, "--port", arg, 0, 65535);
			break;
		case LOG:
			o.log = open(arg, O_WRONLY | O_APPEND | O_CREAT |
			    O_CLOEXEC, 0666);
			if (o.log == -1)
				diag_die_errno(EX_CANTCREAT, "%s", arg);
			break;
		}
	listener = mock_listen(&port);
	if (listener == -1)
		diag_die_errno(EX_UNAVAILABLE, "127.0.0.1:%d", port);
	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	signal(SIGPIPE, SIG_IGN);
	m = mock_start(&o, listener);
	buf_printf(&url, "http://127.0.0.1:%d/v1/openai\n", port);
	io_write(url.p, url.n);
	io_flush();
	buf_free(&url);
	sigwait(&signals, &sig);
	mock_stop(m);
	service_free(&service);
	return 0;
}
