/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vm/domain.h"

#include <errno.h>
#include <expat.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/cursor.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/library.h"
#include "base/text.h"
#include "vm/uuid.h"

/* The functions of expat.h, named without their prefix "XML_". */
struct expat {
	__typeof__(XML_ParserCreateNS) *ParserCreateNS;
	__typeof__(XML_ParserFree) *ParserFree;
	__typeof__(XML_SetUserData) *SetUserData;
	__typeof__(XML_SetElementHandler) *SetElementHandler;
	__typeof__(XML_SetCharacterDataHandler) *SetCharacterDataHandler;
	__typeof__(XML_SetStartDoctypeDeclHandler) *SetStartDoctypeDeclHandler;
	__typeof__(XML_GetBuffer) *GetBuffer;
	__typeof__(XML_ParseBuffer) *ParseBuffer;
	__typeof__(XML_StopParser) *StopParser;
	int (*SetHashSalt)(XML_Parser parser, unsigned long salt); /* since 2.1.0, else NULL */
};

#define SYMBOL(name) LIBRARY_SYMBOL(struct expat, name, "XML_" #name)

static const struct library_symbol symbols[] = {
	SYMBOL(ParserCreateNS),
	SYMBOL(ParserFree),
	SYMBOL(SetUserData),
	SYMBOL(SetElementHandler),
	SYMBOL(SetCharacterDataHandler),
	SYMBOL(SetStartDoctypeDeclHandler),
	SYMBOL(GetBuffer),
	SYMBOL(ParseBuffer),
	SYMBOL(StopParser),
	LIBRARY_SYMBOL_OPTIONAL(struct expat, SetHashSalt, "XML_SetHashSalt"),
};

#define SEPARATOR '\n' /* between a namespace and a name; cannot occur in either */

/* A document chooses its own prefixes; these are used in the paths below. */
static const struct namespace
{
	const char *uri, *prefix;
}
namespaces[] = {
	{ "http://openstack.org/xmlns/libvirt/nova/1.0", "nova:" },
	{ "http://openstack.org/xmlns/libvirt/nova/1.1", "nova:" },
	{ "http://ovirt.org/vm/1.0", "ovirt:" },
};

#define NOVA      "/domain/metadata/nova:instance"
#define OVIRT     "/domain/metadata/ovirt:vm"
#define FIELD(to) offsetof(struct vm_domain, to), sizeof(((struct vm_domain *)NULL)->to)

enum what { TEXT_OF, ATTRIBUTE_OF, PRESENCE_OF };

/*
 * The fields that are read, by their path from the domain element on. Paths are complete, so that
 * the <name> of a network or of a snapshot's domain is not taken for the domain's. If a path occurs
 * more than once, the first value counts. oVirt's metadata has no VM name, because the VM has the
 * domain's name.
 */
static const struct field {
	const char *path;
	enum what what;
	const char *word; /* name of the attribute, or value that is set if the element is present */
	size_t offset, size;
} fields[] = {
	{ "/domstatus", ATTRIBUTE_OF, "pid", FIELD(pid) },
	{ "/domain", ATTRIBUTE_OF, "id", FIELD(vm.id) },
	{ "/domain/name", TEXT_OF, NULL, FIELD(vm.name) },
	{ "/domain/uuid", TEXT_OF, NULL, FIELD(vm.uuid) },
	{ "/domain/title", TEXT_OF, NULL, FIELD(title) },
	{ NOVA, PRESENCE_OF, "openstack", FIELD(vm.manager) },
	{ NOVA "/nova:name", TEXT_OF, NULL, FIELD(vm.display_name) },
	{ NOVA "/nova:flavor", ATTRIBUTE_OF, "name", FIELD(vm.flavor) },
	{ NOVA "/nova:owner/nova:user", TEXT_OF, NULL, FIELD(vm.user) },
	{ NOVA "/nova:owner/nova:project", TEXT_OF, NULL, FIELD(vm.project) },
	{ NOVA "/nova:owner/nova:project", ATTRIBUTE_OF, "uuid", FIELD(vm.project_id) },
	{ OVIRT, PRESENCE_OF, "ovirt", FIELD(vm.manager) },
};

struct parse {
	const struct expat *expat;
	XML_Parser parser;
	struct vm_domain *domain;
	char path[256];
	size_t length;                       /* of the path; sizeof(path) if it did not fit */
	size_t lengths[VM_DOMAIN_DEPTH_MAX]; /* length of the path before each open element */
	size_t depth;
	const struct field *open; /* field whose text is being read, or NULL */
	struct text text;
	int error;
};

static void stop(struct parse *parse, int error)
{
	parse->error = error;
	parse->expat->StopParser(parse->parser, XML_FALSE);
}

/*
 * Appends "URI\nlocal" with the prefix for that URI. A name in any other namespace gets a prefix
 * that occurs in no path of the table.
 */
static void append_name(struct text *path, const char *name)
{
	const char *separator = strrchr(name, SEPARATOR);
	const char *prefix = "?:";

	if (!separator) {
		text_append(path, name);
		return;
	}
	const struct cursor uri = { name, separator };
	for (size_t i = 0; i < ARRAY_SIZE(namespaces); i++)
		if (cursor_equals(&uri, namespaces[i].uri))
			prefix = namespaces[i].prefix;
	text_append(path, prefix);
	text_append(path, separator + 1);
}

static void enter(struct parse *parse, const char *name)
{
	struct text path = {
		.data = parse->path,
		.size = sizeof(parse->path),
		.length = parse->length,
		.truncated = parse->length >= sizeof(parse->path) - 1,
	};

	parse->lengths[parse->depth++] = parse->length;
	text_append(&path, "/");
	append_name(&path, name);
	parse->length = path.truncated ? sizeof(parse->path) : path.length;
}

static void leave(struct parse *parse)
{
	parse->length = parse->lengths[--parse->depth];
	if (parse->length < sizeof(parse->path))
		parse->path[parse->length] = '\0';
}

/*
 * The path from the domain element on, which is the root or inside <domstatus>. NULL if the path
 * did not fit.
 */
static const char *path_in_domain(const struct parse *parse)
{
	static const char status[] = "/domstatus";
	const char *path = parse->path;

	if (parse->length >= sizeof(parse->path))
		return NULL;
	if (strncmp(path, status, strlen(status)) == 0 && path[strlen(status)] == '/')
		path += strlen(status);
	return path;
}

static char *place_of(const struct parse *parse, const struct field *field)
{
	return (char *)parse->domain + field->offset;
}

static const char *attribute(const char **attributes, const char *name)
{
	for (; attributes[0]; attributes += 2)
		if (strcmp(attributes[0], name) == 0)
			return attributes[1];
	return NULL;
}

static void begin_field(struct parse *parse, const struct field *field, const char **attributes)
{
	const char *value = field->what == ATTRIBUTE_OF ? attribute(attributes, field->word) : field->word;
	char *place = place_of(parse, field);

	if (place[0])
		return;
	if (field->what == TEXT_OF) {
		parse->open = field;
		text_init(&parse->text, place, field->size);
	} else if (value) {
		text_copy(place, field->size, value);
	}
}

static void XMLCALL on_start(void *data, const char *name, const char **attributes)
{
	struct parse *parse = data;

	if (parse->depth == VM_DOMAIN_DEPTH_MAX) {
		stop(parse, -E2BIG);
		return;
	}
	enter(parse, name);
	parse->open = NULL; /* a child element ends its parent's text */
	const char *path = path_in_domain(parse);
	for (size_t i = 0; path && i < ARRAY_SIZE(fields); i++)
		if (strcmp(path, fields[i].path) == 0)
			begin_field(parse, &fields[i], attributes);
}

static void XMLCALL on_end(void *data, const char *name)
{
	struct parse *parse = data;

	(void)name;
	parse->open = NULL;
	leave(parse);
}

static void XMLCALL on_text(void *data, const char *text, int length)
{
	struct parse *parse = data;

	if (parse->open)
		text_append_bytes(&parse->text, text, (size_t)length);
}

/*
 * Rejects a document type declaration: libvirt writes none, and only there can entities be declared
 * that expand without bound.
 */
static void XMLCALL on_doctype(void *data, const char *name, const char *system_id, const char *public_id,
			       int has_subset)
{
	(void)name;
	(void)system_id;
	(void)public_id;
	(void)has_subset;
	stop(data, -EBADMSG);
}

#define CHUNK 16384

static int parse_file(struct parse *parse, int fd)
{
	for (size_t total = 0; total <= VM_DOMAIN_SIZE_MAX;) {
		void *buffer = parse->expat->GetBuffer(parse->parser, CHUNK);

		if (!buffer)
			return -ENOMEM;
		ssize_t got = read(fd, buffer, CHUNK);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (parse->expat->ParseBuffer(parse->parser, (int)got, got == 0) != XML_STATUS_OK)
			return parse->error < 0 ? parse->error : -EBADMSG;
		if (got == 0)
			return 0;
		total += (size_t)got;
	}
	return -EFBIG;
}

/*
 * Without a salt expat calls arc4random(3), and glibc's aborts if getrandom(2) fails. The salt
 * keeps a file from choosing names that collide in expat's hash table. The file is libvirt's and
 * bounded in size, so a value that is hard to predict is enough. 0 would mean that no salt is set.
 */
static unsigned long hash_salt(const struct parse *parse)
{
	const uint64_t parts[] = { (uint64_t)clock_usec(CLOCK_MONOTONIC),
				   (uint64_t)clock_usec(CLOCK_REALTIME), (uint64_t)getpid(),
				   (uint64_t)(uintptr_t)parse, (uint64_t)(uintptr_t)parse->parser };

	return (unsigned long)hash_add_numbers(HASH_OF_NOTHING, parts, ARRAY_SIZE(parts)) | 1;
}

static int parse_with(const struct expat *expat, struct vm_domain *domain, int fd)
{
	struct parse parse = { .expat = expat, .domain = domain };
	int r;

	parse.parser = expat->ParserCreateNS(NULL, SEPARATOR);
	if (!parse.parser)
		return -ENOMEM;
	if (expat->SetHashSalt)
		expat->SetHashSalt(parse.parser, hash_salt(&parse));
	expat->SetUserData(parse.parser, &parse);
	expat->SetElementHandler(parse.parser, on_start, on_end);
	expat->SetCharacterDataHandler(parse.parser, on_text);
	expat->SetStartDoctypeDeclHandler(parse.parser, on_doctype);
	r = parse_file(&parse, fd);
	expat->ParserFree(parse.parser);
	return r;
}

/* Drops an invalid UUID, uses the title if there is no display name, and requires a name. */
static int finish(struct vm_domain *domain)
{
	struct vm_identity *vm = &domain->vm;
	char uuid[sizeof(vm->uuid)];

	memcpy(uuid, vm->uuid, sizeof(uuid));
	if (!vm_uuid_read(vm->uuid, uuid, strlen(uuid)))
		vm->uuid[0] = '\0';
	if (!vm->display_name[0])
		text_copy(vm->display_name, sizeof(vm->display_name), domain->title);
	return vm->name[0] ? 0 : -EBADMSG;
}

int vm_domain_read(struct vm_domain *ret, const char *path)
{
	AUTO_CLOSE int fd = file_open_regular(path, NULL);
	struct vm_domain domain = { 0 };
	TEXT_ON_STACK(reason, 256);
	struct expat expat;
	void *library;
	int r;

	if (fd < 0)
		return fd;
	r = library_open(&library, "libexpat.so.1", symbols, ARRAY_SIZE(symbols), &expat, &reason);
	if (r < 0)
		return r;
	r = parse_with(&expat, &domain, fd);
	library_close(library);
	if (r == 0)
		r = finish(&domain);
	if (r == 0)
		*ret = domain;
	return r;
}
