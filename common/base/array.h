/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_BASE_ARRAY_H
#define OOM_BASE_ARRAY_H

/* Of an array, not of a pointer: gcc and clang warn of that (-Wsizeof-pointer-div). */
#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

#endif
