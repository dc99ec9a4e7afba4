/* SPDX-License-Identifier: GPL-3.0-or-later */
/* libFuzzer target: libvirt's XML. All strings taken from it are terminated. */
#include "base/array.h"
#include "fuzz/check.h"
#include "vm/domain.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ENDED(member) fuzz_require(memchr(member, '\0', sizeof(member)) != NULL, #member " is not terminated")

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct vm_domain domain;
	char path[128];

	snprintf(path, sizeof(path), "%s/domain.xml", fuzz_folder());
	fuzz_write(path, data, size);
	if (vm_domain_read(&domain, path) < 0)
		return 0;
	ENDED(domain.vm.name);
	ENDED(domain.vm.id);
	ENDED(domain.vm.uuid);
	ENDED(domain.vm.display_name);
	ENDED(domain.vm.project);
	ENDED(domain.vm.user);
	ENDED(domain.vm.flavor);
	ENDED(domain.title);
	ENDED(domain.pid);
	return 0;
}
