/* SPDX-License-Identifier: MIT */
#ifndef CE_BASE_ATTR_H
#define CE_BASE_ATTR_H

#include <stddef.h>

/*
 * Attributes that gcc and clang share.
 *
 * CE_CLEANUP(f) runs f(&variable) when the variable goes out of scope; CE_TAKE(p) hands the pointer
 * on and leaves NULL behind, so that the cleanup then does nothing.
 */

#define CE_CLEANUP(f)      __attribute__((cleanup(f)))
#define CE_MUST_CHECK      __attribute__((warn_unused_result))
#define CE_PRINTF(fmt, at) __attribute__((format(printf, fmt, at)))
#define CE_UNUSED          __attribute__((unused))
#define CE_NORETURN        __attribute__((noreturn))

#define CE_TAKE(p)                                                                                 \
	({                                                                                         \
		__typeof__(p) ce_take_ = (p);                                                      \
		(p) = NULL;                                                                        \
		ce_take_;                                                                          \
	})

/* The same for a descriptor, which leaves -1. */
#define CE_TAKE_FD(fd)                                                                             \
	({                                                                                         \
		int ce_take_ = (fd);                                                               \
		(fd) = -1;                                                                         \
		ce_take_;                                                                          \
	})

#define CE_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Defines static inline `name(type **p)`, to be used with CE_CLEANUP on a `type *`. */
#define CE_DEFINE_FREEP(type, free_fn, name)                                                       \
	static inline void name(type **p)                                                          \
	{                                                                                          \
		if (*p)                                                                            \
			free_fn(*p);                                                               \
		*p = NULL;                                                                         \
	}

/* For a call whose failure changes nothing. A comment says why. */
static inline void ce_ignore(long result)
{
	(void)result;
}

#endif
