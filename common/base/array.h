/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_BASE_ARRAY_H
#define OOM_BASE_ARRAY_H

/* Only for arrays: gcc and clang warn if it is used on a pointer (-Wsizeof-pointer-div). */
#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

#endif
