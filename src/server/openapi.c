/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The description of the routes: see openapi.h.
 */
#include "server/openapi.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "eval/print.h"
#include "server/route.h"
#include "session/session.h"

/* ' stands for ". */
static bool put(struct text *out, const char *json)
{
    size_t start = out->length;
    if (!text_puts(out, json)) return false;
    for (size_t i = start; i < out->length; i++)
        if (out->at[i] == '\'') out->at[i] = '"';
    return true;
}

static bool put_string(struct text *out, const char *s)
{
    return print_json_string(out, s, strlen(s));
}

static bool put_ref(struct text *out, const char *schema)
{
    return put(out, "{'$ref':'#/components/schemas/") &&
           text_puts(out, schema) && put(out, "'}");
}

/* ---- what goes in ----------------------------------------------------- */

static bool put_parameter(struct text *out, const char *name, size_t length,
                          const char *in, bool *any)
{
    bool path = strcmp(in, "path") == 0;
    bool good =
        put(out, *any ? ",{'name':'" : "{'name':'") &&
        text_add(out, name, length) && put(out, "','in':'") &&
        text_puts(out, in) &&
        put(out, path ? "','required':true,'schema':{'type':'string'}}" : "',");
    *any = true;
    return good;
}

/* "from integer, format json|csv" */
static bool put_arguments(struct text *out, const char *at, bool *any)
{
    bool good = true;
    while (good && at && *at) {
        size_t name = strcspn(at, " ");
        const char *type = at + name + 1;
        size_t length = strcspn(type, ",");
        bool one_of = memchr(type, '|', length) != NULL;
        good = put_parameter(out, at, name, "query", any) &&
               put(out, one_of ? "'schema':{'enum':['" : "'schema':{'type':'");
        for (size_t i = 0; good && i < length; i++)
            good =
                type[i] == '|' ? put(out, "','") : text_add(out, type + i, 1);
        good = good && put(out, one_of ? "']}}" : "'}}");
        at = type + length + strspn(type + length, ", ");
    }
    return good;
}

static bool put_parameters(struct text *out, const struct route *r)
{
    bool any = false, good = put(out, ",'parameters':[");
    for (const char *at = r->path; good && (at = strchr(at, '{')); at++)
        good = put_parameter(out, at + 1, strcspn(at + 1, "}"), "path", &any);
    good = good && put_arguments(out, r->arguments, &any);
    if (r->flags & ROUTE_KEY)
        good = good && put(out, any ? "," : "") &&
               put(out, "{'name':'Idempotency-Key','in':'header','schema':"
                        "{'type':'string','maxLength':200}}");
    return good && text_puts(out, "]");
}

static bool put_body(struct text *out, const struct route *r)
{
    if (!r->takes) return true;
    const char *type = r->flags & ROUTE_FORM
                           ? "application/x-www-form-urlencoded"
                           : "application/json";
    bool good = put(out, ",'requestBody':{'content':{'") &&
                text_puts(out, type) && put(out, "':{'schema':") &&
                put_ref(out, r->takes);
    if (r->example)
        good = good && put(out, ",'example':") && text_puts(out, r->example);
    good = good && text_puts(out, "}");
    if (r->flags & ROUTE_TEXT)
        good = good && put(out, ",'text/plain':{'schema':{'type':'string'}}");
    return good && text_puts(out, "}}");
}

/* ---- what comes out --------------------------------------------------- */

static bool put_responses(struct text *out, const struct route *r)
{
    bool good = text_printf(out, ",\"responses\":{\"%d\":{", r->status) &&
                put(out, "'description':") && put_string(out, r->summary);
    bool type = r->gives && strchr(r->gives, '/');
    if (r->gives)
        good =
            good && put(out, ",'content':{'") &&
            text_puts(out, type ? r->gives : "application/json") &&
            put(out, "':{'schema':") &&
            (type ? put(out, "{'type':'string'}") : put_ref(out, r->gives)) &&
            text_puts(out, "}}");
    return good &&
           put(out, "},'default':{'description':'A problem',"
                    "'content':{'application/problem+json':"
                    "{'schema':") &&
           put_ref(out, "Problem") && text_puts(out, "}}}}");
}

static bool put_route(struct text *out, const struct route *r)
{
    char method[16];
    snprintf(method, sizeof method, "%s", r->method);
    for (char *c = method; *c; c++) *c = (char)tolower((unsigned char)*c);
    return text_printf(out, "\"%s\":{\"summary\":", method) &&
           put_string(out, r->summary) && put_parameters(out, r) &&
           put_body(out, r) && put_responses(out, r) &&
           (!(r->flags & ROUTE_OPEN) || put(out, ",'security':[]")) &&
           text_puts(out, "}");
}

static bool is_first(size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (strcmp(routes[k].path, routes[i].path) == 0) return false;
    return true;
}

static bool put_path(struct text *out, size_t first)
{
    bool good = put_string(out, routes[first].path) && text_puts(out, ":{");
    for (size_t i = first; good && i < route_count; i++)
        if (strcmp(routes[i].path, routes[first].path) == 0)
            good = text_puts(out, i > first ? "," : "") &&
                   put_route(out, &routes[i]);
    return good && text_puts(out, "}");
}

bool openapi_print(struct text *out)
{
    bool good = put(out, "{'openapi':'3.1.0','info':{'title':'Vestige',"
                         "'version':'" VST_VERSION "','license':{'name':"
                         "'GPL-3.0-or-later'}},'security':[{},{'token':[]}],"
                         "'paths':{");
    for (size_t i = 0; good && i < route_count; i++)
        if (is_first(i))
            good = text_puts(out, i ? "," : "") && put_path(out, i);
    good = good && put(out, "},'components':{'securitySchemes':{'token':"
                            "{'type':'http','scheme':'bearer'}},'schemas':{");
    for (size_t i = 0; good && i < schema_count; i++)
        good = text_puts(out, i ? "," : "") &&
               put_string(out, schemas[i].name) && text_puts(out, ":") &&
               put(out, schemas[i].json);
    return good && text_puts(out, "}}}");
}

void answer_openapi(struct exchange *x)
{
    if (openapi_print(&x->reply))
        exchange_json(x, 200);
    else
        exchange_problem(x, 503, "memory", "memory ran out");
}
