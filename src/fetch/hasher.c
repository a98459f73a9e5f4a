/* SPDX-License-Identifier: MIT */
/* Hashing what is unpacked; see hasher.h. With a thread, chunks go round in a ring. */
#include "fetch/hasher.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/alloc.h"

enum {
	RING = 4
};

struct ce_hasher {
	struct ce_digest *digest;
	char *chunks[RING];
	bool threaded;
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	/* Guarded by mutex. Chunk i is chunks[i % RING]. */
	size_t lens[RING];
	unsigned put, hashed;
	bool closing;
};

static void *hash_chunks(void *arg)
{
	struct ce_hasher *h = arg;

	pthread_mutex_lock(&h->mutex);
	while (!h->closing) {
		unsigned i = h->hashed % RING;
		size_t len = h->lens[i];

		if (h->hashed == h->put) {
			pthread_cond_wait(&h->changed, &h->mutex);
			continue;
		}
		pthread_mutex_unlock(&h->mutex);
		ce_digest_update(h->digest, h->chunks[i], len);
		pthread_mutex_lock(&h->mutex);
		h->hashed++;
		pthread_cond_broadcast(&h->changed);
	}
	pthread_mutex_unlock(&h->mutex);
	return NULL;
}

struct ce_hasher *ce_hasher_new(enum ce_digest_alg alg, bool threaded)
{
	struct ce_hasher *h = ce_calloc(1, sizeof(*h));

	h->digest = ce_digest_new(alg);
	pthread_mutex_init(&h->mutex, NULL);
	pthread_cond_init(&h->changed, NULL);
	for (unsigned i = 0; i < (threaded ? RING : 1); i++)
		h->chunks[i] = ce_alloc(CE_HASHER_CHUNK);
	h->threaded = threaded && pthread_create(&h->thread, NULL, hash_chunks, h) == 0;
	return h;
}

static void stop(struct ce_hasher *h)
{
	if (!h->threaded)
		return;
	pthread_mutex_lock(&h->mutex);
	h->closing = true;
	pthread_cond_broadcast(&h->changed);
	pthread_mutex_unlock(&h->mutex);
	pthread_join(h->thread, NULL);
	h->threaded = false;
}

void ce_hasher_free(struct ce_hasher *h)
{
	if (!h)
		return;
	stop(h);
	for (unsigned i = 0; i < RING; i++)
		free(h->chunks[i]);
	pthread_cond_destroy(&h->changed);
	pthread_mutex_destroy(&h->mutex);
	ce_digest_free(h->digest);
	free(h);
}

char *ce_hasher_room(struct ce_hasher *h)
{
	unsigned i;

	if (!h->threaded)
		return h->chunks[0];
	pthread_mutex_lock(&h->mutex);
	while (h->put - h->hashed == RING)
		pthread_cond_wait(&h->changed, &h->mutex);
	i = h->put % RING;
	pthread_mutex_unlock(&h->mutex);
	return h->chunks[i];
}

void ce_hasher_put(struct ce_hasher *h, size_t len)
{
	if (!h->threaded) {
		ce_digest_update(h->digest, h->chunks[0], len);
		return;
	}
	pthread_mutex_lock(&h->mutex);
	h->lens[h->put % RING] = len;
	h->put++;
	pthread_cond_broadcast(&h->changed);
	pthread_mutex_unlock(&h->mutex);
}

void ce_hasher_final(struct ce_hasher *h, char ret_hex[CE_DIGEST_HEX_MAX + 1])
{
	pthread_mutex_lock(&h->mutex);
	while (h->threaded && h->hashed != h->put)
		pthread_cond_wait(&h->changed, &h->mutex);
	pthread_mutex_unlock(&h->mutex);
	stop(h);
	ce_digest_final(CE_TAKE(h->digest), ret_hex);
}
