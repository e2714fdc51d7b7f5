#include <stdlib.h>

#include "job.h"
#include "mem.h"

struct job *
job_new(struct job **idle)
{
	struct job *job = *idle;

	if (job == NULL)
		return mem_zero(1, sizeof(*job));
	*idle = job->next;
	job->tries = 0;
	job->first = job->deadline = 0;
	return job;
}

void
job_end(struct job **idle, struct job *job)
{
	job->next = *idle;
	*idle = job;
}

void
job_free(struct job **idle)
{
	struct job *job;

	while ((job = *idle) != NULL) {
		*idle = job->next;
		task_free(&job->task);
		free(job);
	}
}
