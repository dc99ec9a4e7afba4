/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TESTS_FAULTS_TREE_H
#define TESTS_FAULTS_TREE_H

/* Both exit with an error message on failure. */
void tree_remove(const char *path);               /* no error if it is absent */
void tree_copy(const char *from, const char *to); /* directories and regular files */

#endif
