/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_TESTS_UNIT_H
#define OOM_TESTS_UNIT_H
/* The headers that every cmocka program includes, in the order that cmocka requires. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/array.h"

#endif
