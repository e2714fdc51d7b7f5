#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "diag.h"
#include "endpoint.h"
#include "fd.h"
#include "io.h"
#include "keys.h"
#include "listeners.h"
#include "mem.h"
#include "models.h"
#include "opt.h"
#include "panel.h"
#include "server.h"

enum {
	PORT = 8787,
	JOBS = 64, MOST_JOBS = 10000,
	QUEUE = 256, MOST_QUEUE = 100000,
	KEY_BYTES = 24,		/* of chance in the command's key */
};

enum {
	ANSWER = OPT_LONG, KEYS, NO_KEY, LISTEN, PORT_OPTION, QUEUE_OPTION,
	MAX_TIME, UNLISTED, LOG,
};

static const struct opt_def defs[] = {
	{ANSWER, "answer", "COMMAND", "what answers, by sh (supai-ensemble)"},
	{PORT_OPTION, "port", "N", "listen on this port; 0: a free one (8787)"},
	{NO_KEY, "no-key", NULL, "anybody may ask, from this machine alone"},
	{KEYS, "keys", "FILE", "who may ask: a token a line, then a name"},
	{LISTEN, "listen", "ADDRESS", "listen on this address (127.0.0.1)"},
	{LOG, "log", "FILE", "append a line a request to FILE"},
	{'j', "jobs", "N", "so many answers at once (64)"},
	{QUEUE_OPTION, "queue", "N", "so many requests may wait (256)"},
	{MAX_TIME, "max-time", "S", "limit for an answer (none)"},
	{UNLISTED, "unlisted", NULL, "let unknown modes and models through"},
	{0, NULL, NULL, NULL},
};

static const struct opt_tool tool = {
	.operands = "[-- command [arg ...]]",
	.summary = "Serve any command as the API's endpoint.",
	.defs = defs,
	.first = true,
};

/* What the options say; main's, and freed by it. */
struct settings {
	struct server_options	 server;
	struct keys		 keys;
	const char		*keys_file, *address, *log;
	bool			 no_key;
	int			 port;		/* -1: not said */
	int			*listeners;
	char			*panel_path;
	struct panel		 panel;
	const char		**ids;		/* the panel's */
};

static void
take_option(struct settings *s, int key, const char *arg)
{
	switch (key) {
	case ANSWER:
		s->server.answer = arg;
		break;
	case KEYS:
		s->keys_file = arg;
		break;
	case NO_KEY:
		s->no_key = true;
		break;
	case LISTEN:
		s->address = arg;
		break;
	case PORT_OPTION:
		s->port = (int)opt_count(&tool, "--port", arg, 0, 65535);
		break;
	case 'j':
		s->server.jobs = (size_t)opt_count(&tool, "--jobs", arg, 1,
		    MOST_JOBS);
		break;
	case QUEUE_OPTION:
		s->server.queue = (size_t)opt_count(&tool, "--queue", arg, 0,
		    MOST_QUEUE);
		break;
	case MAX_TIME:
		s->server.max_time = opt_seconds(&tool, "--max-time", arg);
		break;
	case UNLISTED:
		s->server.door.unlisted = true;
		break;
	case LOG:
		s->log = arg;
		break;
	}
}

/* A key that nobody can guess, for the command alone. */
static void
make_key(struct buf *key)
{
	int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
	unsigned char bytes[KEY_BYTES];
	size_t i;

	if (fd == -1 || read(fd, bytes, sizeof(bytes)) != (ssize_t)sizeof(bytes))
		diag_die_errno(EX_OSERR, "/dev/urandom");
	close(fd);
	buf_adds(key, "sk-supai-");
	for (i = 0; i < sizeof(bytes); i++)
		buf_printf(key, "%02x", bytes[i]);
}

/* Who may ask. */
static void
settle_keys(struct settings *s, const char *command_key)
{
	if (s->keys_file != NULL && s->no_key)
		opt_usage(&tool, "--keys and --no-key do not go together");
	if (s->keys_file != NULL)
		keys_read(&s->keys, s->keys_file);
	if (s->server.guest)
		keys_add(&s->keys, command_key, "command");
	if (s->keys.n == 0 && !s->no_key)
		diag_die(EX_CONFIG, "who may ask? --keys FILE names them, --no-key"
		    " lets anybody on this machine");
	s->server.door.keys = s->no_key ? NULL : &s->keys;
}

/*
 * What can be asked for: the modes that are known, and the ids of the user's panel
 * or, where there is none, those that are known. What is wrong with them is said
 * now, by models.
 */
static void
settle_ids(struct settings *s)
{
	struct door *d = &s->server.door;
	struct buf why = {0};
	size_t i, n = 0;

	d->modes.ids = models_ids(MODELS_MODES, &d->modes.n);
	d->models.ids = models_ids(MODELS_MODELS, &d->models.n);
	s->panel_path = config_path("panel");
	if (s->panel_path != NULL &&
	    !panel_read(&s->panel, s->panel_path, &why))
		diag_die(EX_CONFIG, "%s", buf_string(&why));
	s->ids = mem_zero(s->panel.nmodels + 1, sizeof(*s->ids));
	for (i = 0; i < s->panel.nmodels; i++)
		if (!s->panel.models[i].glob)
			s->ids[n++] = s->panel.models[i].id;
	if (s->panel.nmodels > 0)
		d->models = (struct door_ids){s->ids, n};
}

static void
listen_at(struct settings *s)
{
	const char *address = s->address != NULL ? s->address : "127.0.0.1";
	const char *why;

	if (s->port == -1)
		s->port = s->server.guest ? 0 : PORT;
	s->listeners[0] = fd_listen(address, &s->port, &why);
	if (s->listeners[0] == -1)
		diag_die(EX_UNAVAILABLE, "%s port %d: %s", address, s->port, why);
	s->server.nlisteners = 1;
}

/* Where it is found. */
static void
settle_listeners(struct settings *s)
{
	size_t i;

	s->server.nlisteners = listeners_take(&s->listeners);
	if (s->server.nlisteners == 0)
		listen_at(s);
	else if (s->address != NULL || s->port != -1)
		opt_usage(&tool, "--listen and --port are not for sockets that are"
		    " open already");
	s->server.listeners = s->listeners;
	for (i = 0; s->no_key && i < s->server.nlisteners; i++)
		if (!listeners_loopback(s->listeners[i]))
			diag_die(EX_CONFIG, "--no-key is for loopback addresses:"
			    " others can reach this one; --keys FILE says who may");
}

/* Serves, and starts the command, or says where it is to be found. */
static int
serve(struct settings *s, char **argv, const char *key)
{
	struct buf url = {0};
	sigset_t mask;
	bool named;

	buf_adds(&url, "http://");
	named = listeners_address(s->listeners[0], &url);
	buf_adds(&url, "/v1/openai");
	server_prepare(&mask);
	if (s->server.guest) {
		endpoint_start(argv, buf_string(&url), key, &mask);
	} else if (named) {
		buf_addc(&url, '\n');
		io_write(url.p, url.n);
		io_flush();
	}
	buf_free(&url);
	return server_run(&s->server, &mask);
}

int
main(int argc, char **argv)
{
	struct settings s = {.port = -1, .server.jobs = JOBS,
	    .server.queue = QUEUE, .server.answer = "supai-ensemble"};
	struct buf command_key = {0};
	const char *arg;
	int key, status;

	diag_init(argv[0]);
	io_init();
	while ((key = opt_next(&tool, argc, argv, &arg)) != -1)
		take_option(&s, key, arg);
	s.server.guest = argv[optind] != NULL;
	settle_ids(&s);
	make_key(&command_key);
	settle_keys(&s, buf_string(&command_key));
	settle_listeners(&s);
	s.server.log = endpoint_open_log(s.log);
	status = serve(&s, argv + optind, buf_string(&command_key));
	if (s.server.log != -1 && close(s.server.log) == -1)
		diag_die_errno(EX_IOERR, "%s", s.log);
	keys_free(&s.keys);
	panel_free(&s.panel);
	free(s.panel_path);
	free(s.ids);
	free(s.listeners);
	buf_free(&command_key);
	return status;
}
