#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "faults.h"
#include "mem.h"

enum { MAX_EVENTS = 1000000000 };

struct fault_rule {
	struct fault	 fault;
	bool		 counted;
	unsigned long	 left;	/* requests, when it is counted */
	double		 share;	/* 0 to 1; 1 for all */
	double		 from;	/* where its share begins */
};

static bool
whole_number(const char **s, unsigned long max, unsigned long *number)
{
	char *end;

	if (!isdigit((unsigned char)**s))
		return false;
	errno = 0;
	*number = strtoul(*s, &end, 10);
	*s = end;
	return errno == 0 && *number <= max;
}

/* What stands after the number: "N" or "P%". */
static bool
which(const char *s, struct fault_rule *rule)
{
	double percent;
	char *end;

	if (strchr(s, '%') == NULL) {
		rule->counted = true;
		return whole_number(&s, MAX_EVENTS, &rule->left) && *s == '\0';
	}
	if (!isdigit((unsigned char)*s) && *s != '.')
		return false;
	percent = strtod(s, &end);
	rule->share = percent / 100;
	return strcmp(end, "%") == 0 && percent <= 100;
}

static const char *
parse(const char *s, struct fault_rule *rule)
{
	enum fault_kind kind = rule->fault.kind;
	unsigned long number = 0;

	if (kind == FAULT_GARBAGE)
		return *s == '\0' || which(s, rule) ? NULL :
		    "must be N requests or a share P%";
	if (!whole_number(&s, MAX_EVENTS, &number) ||
	    (kind == FAULT_FAIL && (number < 200 || number > 599)))
		return kind == FAULT_FAIL ? "must start with a status from 200 to 599"
		    : "must start with a number of events";
	rule->fault.number = number;
	if (*s == '\0')
		return NULL;
	return *s == ':' && which(s + 1, rule) ? NULL :
	    "must go on with :N requests or a share :P%";
}

const char *
faults_add(struct faults *f, enum fault_kind kind, const char *text)
{
	struct fault_rule rule = {.fault.kind = kind, .share = 1};
	const char *why = parse(text, &rule);
	bool drawn = strchr(text, '%') != NULL;

	if (why != NULL)
		return why;
	if (drawn) {
		rule.from = f->shares;
		f->shares += rule.share;
		if (f->shares > 1 + 1e-9)
			return "makes the shares more than 100%";
	}
	f->rules = mem_resize(f->rules, f->n + 1, sizeof(*f->rules));
	f->rules[f->n++] = rule;
	return NULL;
}

/* A number from 0 to below 1 that request and seed fix (splitmix64's mixing). */
static double
draw(uint64_t seed, unsigned long number)
{
	uint64_t x = seed + number * UINT64_C(0x9e3779b97f4a7c15);

	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return ldexp((double)((x ^ x >> 31) >> 11), -53);
}

static bool
applies(struct fault_rule *rule, double at)
{
	if (!rule->counted)
		return at >= rule->from && at < rule->from + rule->share;
	if (rule->left == 0)
		return false;
	rule->left--;
	return true;
}

struct fault
faults_next(struct faults *f, unsigned long number)
{
	double at = draw(f->seed, number);
	size_t i;

	for (i = 0; i < f->n; i++)
		if (applies(&f->rules[i], at))
			return f->rules[i].fault;
	return (struct fault){.kind = FAULT_NONE};
}

bool
faults_have(const struct faults *f, enum fault_kind kind)
{
	size_t i;

	for (i = 0; i < f->n; i++)
		if (f->rules[i].fault.kind == kind)
			return true;
	return false;
}

const char *
faults_name(enum fault_kind kind)
{
	static const char *const names[] = {
		[FAULT_FAIL] = "fail", [FAULT_CUT] = "cut",
		[FAULT_STALL] = "stall", [FAULT_ERROR] = "error-event",
		[FAULT_GARBAGE] = "garbage",
	};

	return names[kind];
}

void
faults_free(struct faults *f)
{
	free(f->rules);
	*f = (struct faults){0};
}
