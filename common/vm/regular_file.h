/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_VM_REGULAR_FILE_H
#define OOM_VM_REGULAR_FILE_H
/* Inside this room only: the files of a VM's manager, and no pipe in their place. */
#include <sys/stat.h>

/* Opens for reading without ever waiting, and tells its status (NULL: not
 * wanted).  A descriptor; the open's errno, or -EINVAL for what is no regular
 * file. */
int vm_regular_file_open(const char *path, struct stat *ret_status);

#endif
