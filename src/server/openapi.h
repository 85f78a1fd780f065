/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * /openapi.json (OpenAPI 3.1): printed from the table of routes, with the
 * schemas of schemas.c.
 */
#ifndef VST_SERVER_OPENAPI_H
#define VST_SERVER_OPENAPI_H

#include "base/text.h"

struct schema {
    const char *name;
    const char *json; /* JSON Schema 2020-12 */
};
extern const struct schema schemas[];
extern const size_t schema_count;

/* false: memory ran out. */
bool openapi_print(struct text *out);

#endif
