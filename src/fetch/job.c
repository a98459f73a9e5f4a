/* SPDX-License-Identifier: MIT */
/* What both sides of a fetch do to the state they share; see job.h. */
#include "fetch/job.h"

void ce_job_fail(struct ce_fetch_run *run, const struct ccenv_error *err)
{
	pthread_mutex_lock(&run->mutex);
	if (!run->failed) {
		run->failed = true;
		run->failure = *err;
	}
	atomic_store(&run->cancelled, true);
	pthread_cond_broadcast(&run->work);
	pthread_cond_broadcast(&run->news);
	pthread_mutex_unlock(&run->mutex);
}

void ce_job_wake(struct ce_job *job)
{
	pthread_mutex_lock(&job->run->mutex);
	job->readable = true;
	pthread_cond_signal(&job->run->work);
	pthread_mutex_unlock(&job->run->mutex);
}
