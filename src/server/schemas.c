/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What goes in and comes out, as JSON Schema: see openapi.h. Written with ' in
 * place of ", which is not in any of them.
 */
#include "server/openapi.h"

#define OBJECT(required, properties)                                           \
    "{'type':'object','required':[" required "],'properties':{" properties "}" \
    "}"
#define CLOSED(required, properties)                                       \
    "{'type':'object','required':[" required "],'properties':{" properties \
    "},'additionalProperties':false}"
#define REF(name) "{'$ref':'#/components/schemas/" name "'}"
#define LIST(of) "{'type':'array','items':" of "}"
#define COUNT "{'type':'integer','minimum':0}"
#define STRING "{'type':'string'}"
#define BOOLEAN "{'type':'boolean'}"
#define NUMBER REF("Number")

const struct schema schemas[] = {
    {"Anything", "{}"},
    {"Empty", CLOSED("", "")},
    {"Number", "{'description':'not finite: a string',"
               "'anyOf':[{'type':'number'},{'enum':['inf','-inf','nan']}]}"},
    {"Login", CLOSED("'token'", "'token':" STRING)},
    {"NewSession", CLOSED("", "'engine':" STRING ",'seed':" COUNT)},
    {"NewlyMade", OBJECT("'id','engine','seed'",
                         "'id':" STRING ",'engine':" STRING ",'seed':" COUNT)},
    {"Session",
     OBJECT("'id','engine','seed','awake','entries','inferring'",
            "'id':" STRING ",'engine':" STRING ",'seed':" COUNT
            ",'awake':" BOOLEAN ",'entries':" COUNT ",'inferring':" BOOLEAN)},
    {"Sessions", OBJECT("'sessions'", "'sessions':" LIST(REF("Session")))},
    {"Directives", "{'oneOf':[" CLOSED("'text'", "'text':" STRING) "," CLOSED(
                       "'directives'", "'directives':" LIST(STRING)) "]}"},
    {"Answer",
     "{'anyOf':[" OBJECT("'directive'", "'directive':" STRING) "," CLOSED(
         "'display'", "'display':" STRING) "]}"},
    {"Answers", OBJECT("'answers'", "'answers':" LIST(REF("Answer")))},
    {"Value",
     OBJECT("'directive','value'", "'directive':" STRING ",'value':{}")},
    {"Report", OBJECT("'directive','directives'",
                      "'directive':" STRING ",'directives':" LIST(OBJECT(
                          "'directive'",
                          "'id':" COUNT ",'directive':" STRING ",'name':" STRING
                          ",'expression':" STRING ",'value':{}")))},
    {"Statistics",
     OBJECT("'made-proposals','accepted-proposals'",
            "'made-proposals':" COUNT ",'accepted-proposals':" COUNT)},
    {"Trace", OBJECT("'directive'", "'directive':" STRING)},
    {"NewRun",
     CLOSED("", "'kernel':" STRING ",'samples':" COUNT ",'warmup':" COUNT
                ",'thin':" COUNT ",'chains':" COUNT ",'seed':" COUNT
                ",'for':" STRING ",'watch':" LIST(STRING))},
    {"RunBegun",
     OBJECT("'id','session','state','seed','samples','infer'",
            "'id':" STRING ",'session':" STRING ",'state':" STRING
            ",'seed':" COUNT ",'samples':" COUNT ",'infer':" STRING)},
    {"Column", OBJECT("'name','kind','of'",
                      "'name':" STRING ",'kind':{'enum':['number','integer',"
                      "'boolean','levels','lost']},'of':{'enum':['sampler',"
                      "'program']}")},
    {"Run",
     OBJECT(
         "'id','session','state','seed','samples','infer','chains',"
         "'columns'",
         "'id':" STRING ",'session':" STRING
         ",'state':{'enum':['running','done','stopped','failed','limited']},'"
         "seed':" COUNT ",'samples':" COUNT ",'infer':" STRING
         ",'chains':" LIST(OBJECT(
             "'chain','draws'",
             "'chain':" COUNT ",'draws':" COUNT ",'warming':" BOOLEAN
             ",'made':" COUNT ",'planned':" COUNT
             ",'divergences':" COUNT)) ",'columns':" LIST(REF("Column")) ",'"
                                                                         "secon"
                                                                         "ds':{"
                                                                         "'type"
                                                                         "':'"
                                                                         "numbe"
                                                                         "r'},"
                                                                         "'erro"
                                                                         "r':{"
                                                                         "}")},
    {"Runs", OBJECT("'runs'", "'runs':" LIST(REF("Run")))},
    {"More", CLOSED("'samples'", "'samples':" COUNT)},
    {"Draws", OBJECT("'columns','chains'",
                     "'columns':" LIST(REF("Column")) ",'chains':" LIST(
                         OBJECT("'chain','from','draws'",
                                "'chain':" COUNT ",'from':" COUNT
                                ",'draws':" LIST("{'type':'array'}"))))},
    {"Names", OBJECT("'names'", "'names':" LIST(OBJECT(
                                    "'names','signature','doc'",
                                    "'names':" STRING ",'signature':" STRING
                                    ",'doc':" STRING)))},
    {"Health", OBJECT("'status','version','sessions','seconds'",
                      "'status':" STRING ",'version':" STRING
                      ",'sessions':" COUNT ",'seconds':{'type':'number'}")},
    {"Problem",
     OBJECT("'type','title','status','detail'",
            "'type':" STRING ",'title':" STRING ",'status':" COUNT
            ",'detail':" STRING ",'kind':" STRING ",'hint':" STRING
            ",'pointer':" STRING ",'directive':" STRING ",'done':" COUNT
            ",'span':" OBJECT("'line','column','end_line','end_column','text'",
                              "'file':" STRING ",'line':" COUNT
                              ",'column':" COUNT ",'end_line':" COUNT
                              ",'end_column':" COUNT ",'text':" STRING))},
    {"OldDirective",
     OBJECT("'directive-id','directive-type','directive-expression'",
            "'directive-id':" COUNT ",'directive-type':" STRING
            ",'directive-expression':" STRING ",'name':" STRING ",'value':{}")},
    {"OldDirectives", LIST(REF("OldDirective"))},
    {"OldAssume", OBJECT("'name_str','expr_lst'",
                         "'name_str':{'description':'JSON of a string'},"
                         "'expr_lst':{'description':'JSON of tokens in "
                         "lists'}")},
    {"OldObserve",
     OBJECT("'expr_lst','literal_val'", "'expr_lst':{},'literal_val':{}")},
    {"OldPredict", OBJECT("'expr_lst'", "'expr_lst':{}")},
    {"OldInfer", OBJECT("'MHiterations'", "'MHiterations':{},'rerun':{}")},
    {"OldSeed", OBJECT("'seed'", "'seed':{}")},
    {"OldValue", OBJECT("'d_id','val'", "'d_id':" COUNT ",'val':{}")},
    {"OldId", OBJECT("'d_id'", "'d_id':" COUNT)},
    {"OldTime", OBJECT("'time'", "'time':{'type':'number'}")},
    {"OldLogscore", OBJECT("'total_logscore'", "'total_logscore':" NUMBER)},
    {"OldLogscoreOf",
     OBJECT("'directive_logscore'", "'directive_logscore':" NUMBER)},
    {"OldEntropy", OBJECT("'random_choices'", "'random_choices':" COUNT)},
    {"OldMemory", OBJECT("'memory'", "'memory':" COUNT)},
    {"OldStatistics",
     OBJECT("'made-proposals','accepted-proposals'",
            "'made-proposals':" COUNT ",'accepted-proposals':" COUNT)},
    {"OldStatisticsByPlace",
     "{'type':'object','additionalProperties':" REF("OldStatistics") "}"},
    {"OldDetails", OBJECT("'details'", "'details':{'enum':['on','off']}")},
    {"OldStarted", OBJECT("'started'", "'started':" BOOLEAN)},
    {"OldStopped", OBJECT("'stopped'", "'stopped':" BOOLEAN)},
    {"OldStatus", OBJECT("'status'", "'status':{'enum':['on','off']}")},
};
const size_t schema_count = sizeof schemas / sizeof *schemas;
