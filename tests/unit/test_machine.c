/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The machine, from text to value: forms and their errors, calls of every
 * kind and depth, the procedures that call back, limits, locations, and what
 * becomes of references. The handler here is the smallest that can tell: it
 * notes what it is asked, and its choices stand for fixed numbers.
 */
#include "base/memory.h"
#include "base/stack.h"
#include "deep.h"
#include "eval/expression.h"
#include "eval/global.h"
#include "eval/machine_inside.h"
#include "eval/print.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { MILLION = 1000000 };

/* ---- a handler that takes notes ----------------------------------------- */

struct fixed_choice {
    struct object head;
    value held;
};

struct notes {
    uint64_t *locations; /* of choices, in order */
    size_t count, room;
    unsigned forced, deferred, entered, left, memoized;
    value given; /* what choices stand for */
    bool marks;  /* a call that makes a choice is marked: its end is heard */
    bool knows;  /* a call of 3 is known: 100 */
};
static struct notes notes;

static void note(uint64_t location)
{
    if (notes.count == notes.room) {
        notes.room = notes.room ? 2 * notes.room : 1024;
        notes.locations =
            realloc(notes.locations, notes.room * sizeof *notes.locations);
    }
    notes.locations[notes.count++] = location;
}

static bool choose(struct machine *m, value xrp, int n, const value *args,
                   uint64_t location, value *out)
{
    (void)xrp;
    note(location);
    if (notes.marks) m->frame->flags |= FRAME_HOOKED;
    struct fixed_choice *c = memory_new(sizeof *c);
    if (!c) return machine_no_memory(m);
    c->head.type = T_CHOICE;
    c->held = n ? args[0] : notes.given;
    *out = v_object(c);
    return true;
}

static bool read_choice(struct machine *m, value reference, value *out)
{
    (void)m;
    *out = ((struct fixed_choice *)as_object(reference))->held;
    return true;
}

static bool defer(struct machine *m, const struct primitive *p, int n,
                  const value *args, value *out)
{
    notes.deferred++;
    return expression_make(m, p, n, args, out);
}

static bool force(struct machine *m, value v, bool deep, value *out)
{
    notes.forced++;
    return expression_read(m, v, deep, read_choice, out);
}

/* Lists and arrays stay under their references. */
static bool operate(struct machine *m, value reference, value *out)
{
    value v;
    if (!expression_read(m, reference, false, read_choice, &v)) return false;
    bool access = is_pair(v) || is_vector(v);
    notes.forced += !access;
    *out = access ? reference : v;
    return true;
}

static enum enter_answer enter(struct machine *m, value procedure, int n,
                               const value *args, uint64_t location, value *out)
{
    (void)m, (void)procedure;
    note(location);
    notes.entered++;
    if (!notes.knows || n != 1 || args[0] != v_int(3)) return ENTER_RUN;
    *out = v_int(100);
    return ENTER_VALUE;
}

static bool leave(struct machine *m, value *result)
{
    (void)m, (void)result;
    notes.left++;
    return true;
}

static bool memoize(struct machine *m, value procedure, uint64_t location,
                    value *out)
{
    struct mem *mem = memory_new(sizeof *mem);
    if (!mem) return machine_no_memory(m);
    mem->head.type = T_MEM;
    mem->procedure = procedure;
    mem->location = location;
    *out = v_object(mem);
    return true;
}

static enum memo_answer memo(struct machine *m, struct mem *mem, int n,
                             value *args, void **entry, uint64_t *location,
                             value *out)
{
    (void)m, (void)n, (void)out;
    *entry = NULL;
    *location = location_extend(mem->location, (uint64_t)as_int(args[0]) << 3);
    return MEMO_RUN;
}

static bool memo_done(struct machine *m, void *entry, value *result)
{
    (void)m, (void)entry, (void)result;
    notes.memoized++;
    return true;
}

static bool constrain(struct machine *m, enum constrain_kind kind, value target,
                      value with, uint64_t location)
{
    (void)m, (void)kind, (void)target, (void)with;
    note(location);
    return true;
}

static bool score(struct machine *m, enum score_kind kind, value v,
                  uint64_t location)
{
    (void)m, (void)kind, (void)v;
    note(location);
    return true;
}

static const struct handler handler = {
    .choose = choose,
    .defer = defer,
    .force = force,
    .operate = operate,
    .enter = enter,
    .leave = leave,
    .memoize = memoize,
    .memo = memo,
    .memo_done = memo_done,
    .constrain = constrain,
    .score = score,
};

/* ---- programs ------------------------------------------------------------ */

static struct random_procedure draw = {{.type = T_XRP}, "draw", "(draw)"};
static struct machine *machine;
static struct text shown;

static struct machine *machine_made(void)
{
    struct error e;
    struct machine *m = machine_open(&e);
    assert_non_null(m);
    m->handler = &handler;
    machine_add_builtin(m, "draw", v_object(&draw), "for tests");
    return m;
}

static int setup(void **state)
{
    (void)state;
    notes.count = notes.forced = notes.deferred = 0;
    notes.entered = notes.left = notes.memoized = 0;
    notes.given = v_int(1);
    notes.marks = notes.knows = false;
    machine = machine_made();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    machine_close(machine);
    text_free(&shown);
    return 0;
}

/* Runs one datum; (define name expression) binds a user's name. */
static bool run_syntax(struct machine *m, const struct syntax *s, value *out)
{
    const char *head = syntax_head(s);
    bool defines = head && strcmp(head, "define") == 0;
    struct code *code =
        defines ? machine_compile_as(m, s->items[1]->datum, s->items[2])
                : machine_compile(m, s);
    if (!code || !machine_run(m, code, 1, out)) return false;
    if (defines) machine_bind(m, text_of(s->items[1]->datum))->held = *out;
    return true;
}

static bool run_text(struct machine *m, const char *text, value *out)
{
    struct source *source = memory_new_kept(sizeof *source);
    *source = (struct source){"test", text, strlen(text)};
    struct reader r;
    struct syntax *s;
    enum read_result read;
    error_clear(&m->error);
    reader_open(&r, source, &m->error);
    while ((read = reader_datum(&r, false, &s)) == READ_DATUM)
        if (!run_syntax(m, s, out)) return false;
    return read == READ_END;
}

static const char *show(const char *text)
{
    value v = V_NOTHING;
    text_free(&shown);
    if (!run_text(machine, text, &v)) return machine->error.message;
    assert_true(!has_reference(v) || force(machine, v, true, &v));
    print_value(&shown, v);
    return shown.at ? shown.at : "";
}

#define GIVES(text, expected) assert_string_equal(show(text), expected)

struct row {
    const char *program, *expected;
};

static void check_rows(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *got = show(rows[i].program);
        if (strcmp(got, rows[i].expected) != 0)
            fail_msg("%s: expected %s, got %s", rows[i].program,
                     rows[i].expected, got);
    }
}
#define CHECK_ROWS(rows) check_rows(rows, sizeof(rows) / sizeof *(rows))

struct error_row {
    const char *program;
    enum error_kind kind;
    const char *message, *place; /* text under the span */
};

static void check_errors(const struct error_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        value v;
        const struct error *e = &machine->error;
        if (run_text(machine, rows[i].program, &v))
            fail_msg("%s: no error", rows[i].program);
        size_t n = strlen(rows[i].place);
        if (e->kind != rows[i].kind || !strstr(e->message, rows[i].message))
            fail_msg("%s: got %s", rows[i].program, e->message);
        if (!e->span.source || e->span.end - e->span.start != n ||
            memcmp(e->span.source->text + e->span.start, rows[i].place, n))
            fail_msg("%s: place %.*s", rows[i].program,
                     e->span.source ? (int)(e->span.end - e->span.start) : 0,
                     e->span.source ? e->span.source->text + e->span.start
                                    : "");
        GIVES("(+ 1 2)", "3"); /* the machine goes on */
    }
}
#define CHECK_ERRORS(rows) check_errors(rows, sizeof(rows) / sizeof *(rows))

/* ---- forms --------------------------------------------------------------- */

static void forms_give_their_values(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"(quote (a 1 (b)))", "(a 1 (b))"},
        {"'()", "()"},
        {"((lambda (x y) (- x y)) 7 2)", "5"},
        {"((lambda x x) 1 2)", "(1 2)"},
        {"((lambda (x . r) (list x r)) 1 2 3)", "(1 (2 3))"},
        {"((lambda (x . r) r) 1)", "()"},
        {"(if false 1 2)", "2"},
        {"(if '() 1 2)", "1"},
        {"(if false 1)", "False"},
        {"(if (not (< 1 2)) 1 2)", "2"},
        {"(if (or (< 2 1) (= 1 1)) 1 2)", "1"},
        {"(if (and (< 1 2) (> 1 2)) 1 2)", "2"},
        {"(let ((x 1) (y 2)) (list x y))", "(1 2)"},
        {"(let ((x 1)) (let ((x 2) (y x)) (list x y)))", "(2 1)"},
        {"(let* ((x 1) (y (+ x 1))) y)", "2"},
        {"(let ((f (lambda (n) (if (= n 0) 1 (* n (f (- n 1))))))) (f 10))",
         "3628800"},
        {"(letrec ((ev (lambda (n) (if (= n 0) true (od (- n 1))))) (od "
         "(lambda (n) (if (= n 0) false (ev (- n 1)))))) (list (ev 10) (ev "
         "7)))",
         "(True False)"},
        {"(let loop ((i 0) (s 0)) (if (= i 5) s (loop (+ i 1) (+ s i))))",
         "10"},
        {"(let loop ((a 0) (b 1) (n 10)) (if (= n 0) a (loop b (+ a b) (- n "
         "1))))",
         "55"},
        {"(let loop ((a 1) (b 2) (n 3)) (if (= n 0) (list a b) (loop b a (- "
         "n 1))))",
         "(2 1)"},
        {"(let loop ((i 0) (fs '())) (if (= i 3) (map (lambda (f) (f)) fs) "
         "(loop (+ i 1) (cons (lambda () i) fs))))",
         "(2 1 0)"},
        {"(do ((i 0 (+ i 1)) (s '() (cons i s))) ((= i 3) s))", "(2 1 0)"},
        {"(begin 1 2 3)", "3"},
        {"((lambda () (define a 1) (define (f x) (+ x a)) (f 2)))", "3"},
        {"((lambda () (define (f n) (if (= n 0) 0 (g (- n 1)))) (define (g "
         "n) (if (= n 0) 1 (f (- n 1)))) (f 5)))",
         "1"},
        {"(cond (false 1) ((= 1 1) 2) (else 3))", "2"},
        {"(cond (false 1) (else 3))", "3"},
        {"(case 2 ((1) 'a) ((2 3) 'b) (else 'c))", "b"},
        {"(case 'x (('x) 1) (else 2))", "1"},
        {"(case 'y ((x) 1) (else 2))", "2"},
        {"(and 1 2)", "2"},
        {"(and)", "True"},
        {"(or false 3)", "3"},
        {"(or)", "False"},
        {"(when true 1 2)", "2"},
        {"(unless false 1 2)", "2"},
        {"`(1 ,(+ 1 1) ,@(list 3 4))", "(1 2 3 4)"},
        {"`(a `(b ,(c ,(+ 1 2))))", "(a `(b ,(c 3)))"},
        {"(eval '(+ 1 2))", "3"},
        {"(eval '((lambda (x) (* x x)) 7))", "49"},
        {"(let ((car cdr)) (car '(1 2)))", "(2)"},
        {"((lambda (+) (+ 3 4)) -)", "-1"},
        {"(let ((if (lambda (a b c) (list a b c)))) (if 1 2 3))", "(1 2 3)"},
        {"('(5 6 7) 1)", "6"},
        {"(((lambda (x) (lambda (y) (- x y))) 5) 2)", "3"},
        {"(define + (lambda (x y) (* x y))) (+ 3 4)", "12"},
    };
    CHECK_ROWS(rows);
}

static void arithmetic_keeps_integers_exact(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"((lambda (x) (list (+ x 1) (- x 1))) 0)", "(1 -1)"},
        {"((lambda (x) (list (+ x 1) (- x 1))) -1)", "(0 -2)"},
        {"((lambda (x) (list (+ x 2) (- x 2))) 1)", "(3 -1)"},
        {"((lambda (x) (+ x 1)) 140737488355327)", "140737488355328.0"},
        {"((lambda (x) (- x 1)) -140737488355328)", "-140737488355329.0"},
        {"((lambda (x y) (+ x y)) 140737488355327 140737488355327)",
         "281474976710654.0"},
        {"((lambda (x y) (* x y)) -3 7)", "-21"},
        {"((lambda (x y) (* x y)) 16777216 16777216)", "281474976710656.0"},
        {"((lambda (x y) (* x y)) 11863283 11863283)", "140737483538089"},
        {"((lambda (x) (* x 0.5)) 3)", "1.5"},
        {"((lambda (x y) (/ x y)) 6 3)", "2"},
        {"((lambda (x) (list (< x 2) (<= x 2) (> x 2) (>= x 2) (= x 2))) 2)",
         "(False True False True True)"},
        {"((lambda (x) (list (if (< x 2) 1 0) (if (<= x 2) 1 0) (if (> x 2) "
         "1 0) (if (>= x 2) 1 0) (if (= x 2) 1 0))) 2.0)",
         "(0 1 0 1 1)"},
        {"((lambda (x) (list (if (< x -2) 1 0) (if (<= x -2) 1 0) (if (> x "
         "-2) 1 0) (if (>= x -2) 1 0) (if (= x -2) 1 0))) -3)",
         "(1 1 0 0 0)"},
        {"((lambda (x) (list (if (= x nan) 1 0) (if (= x nan) (list) 0) (= x "
         "nan))) nan)",
         "(1 () True)"},
        {"((lambda (x y) (if (= x y) 1 0)) '(1 2) (list 1 2.0))", "1"},
        /* Counting loops: across zero, out of the integers, with doubles. */
        {"(let l ((i -5) (s 0)) (if (= i 5) s (l (+ i 1) (+ s 2))))", "20"},
        {"(let l ((i 5) (s 0)) (if (<= i -5) s (l (- i 3) (- s 1))))", "-4"},
        {"(let l ((i 0)) (if (< i 10) (l (+ i 3)) i))", "12"},
        {"(let l ((s 140737488355320) (i 0)) (if (= i 20) s (l (+ s 1) (+ i "
         "1))))",
         "140737488355340.0"},
        {"(let l ((i 0.5) (n 0)) (if (> i 10) (list i n) (l (+ i 1) (+ n "
         "1))))",
         "(10.5 10)"},
        {"(let l ((i 0) (n 9)) (if (>= i 10) n (l (+ i 1) (+ n 1))))", "19"},
        {"(let l ((i 0) (n 9)) (if (> n 20) i (if (= i 4) 'x (l (+ i 1) (+ n "
         "1)))))",
         "x"},
    };
    CHECK_ROWS(rows);
}

static void errors_name_their_place(void **state)
{
    (void)state;
    static const struct error_row rows[] = {
        {"(if)", ERROR_SYNTAX, "if: expected", "(if)"},
        {"(lambda (x))", ERROR_SYNTAX, "lambda: expected", "(lambda (x))"},
        {"(lambda (x x) 1)", ERROR_SYNTAX, "two parameters", "x"},
        {"(lambda (1) 1)", ERROR_SYNTAX, "must be a name", "1"},
        {"(let ((x)) x)", ERROR_SYNTAX, "expected a binding", "(x)"},
        {"(let ((x 1) (x 2)) x)", ERROR_SYNTAX, "two bindings", "(x 2)"},
        {"(set! x 1)", ERROR_SYNTAX, "no assignment", "(set! x 1)"},
        {"(+ 1 (define x 2))", ERROR_SYNTAX, "define stands", "(define x 2)"},
        {"(cond (else 1) (2 3))", ERROR_SYNTAX, "else stands last", "(else 1)"},
        {"(begin)", ERROR_SYNTAX, "begin: expected", "(begin)"},
        {"(list 1 (car 3))", ERROR_TYPE, "car: expected", "(car 3)"},
        {"((lambda (x) (+ x 'a)) 1)", ERROR_TYPE, "expected", "(+ x 'a)"},
        {"((lambda (x) (if (< x 'a) 1 2)) 1)", ERROR_TYPE, "<", "(< x 'a)"},
        {"(/ 1 0)", ERROR_DOMAIN, "zero", "(/ 1 0)"},
        {"(list (nowhere 1))", ERROR_NAME, "unknown name nowhere", "nowhere"},
        {"((lambda (x) x))", ERROR_ARITY, "expected 1 operand, got 0",
         "((lambda (x) x))"},
        {"(let ((f (lambda (x) x))) (list (f 1 2)))", ERROR_ARITY,
         "f: expected 1 operand, got 2", "(f 1 2)"},
        {"(let ((f (lambda (x y . z) x))) (list (f 1)))", ERROR_ARITY,
         "f: expected at least 2 operands, got 1", "(f 1)"},
        {"(let l ((i 0)) (if (= i 3) (l) (l (+ i 1))))", ERROR_ARITY,
         "l: expected 1 operand, got 0", "(l)"},
        {"(list (car '(1) 2))", ERROR_ARITY, "car: expected 1 operand",
         "(car '(1) 2)"},
        {"(list (map car))", ERROR_ARITY, "map: expected at least 2",
         "(map car)"},
        {"(list (3 4))", ERROR_TYPE, "expected a procedure, got 3", "(3 4)"},
        {"(list ((when false 1)))", ERROR_TYPE, "expected a procedure",
         "((when false 1))"},
        {"((when false 1))", ERROR_TYPE, "expected a procedure",
         "((when false 1))"},
        {"((for-each car '()))", ERROR_TYPE, "expected a procedure",
         "((for-each car '()))"},
        {"(map car 5)", ERROR_TYPE, "map: expected a list, got 5",
         "(map car 5)"},
        {"(map car '(1))", ERROR_TYPE, "car: expected", "(map car '(1))"},
        {"(error \"bad\" 3)", ERROR_USE, "bad 3", "(error \"bad\" 3)"},
    };
    CHECK_ERRORS(rows);
}

static void an_unknown_name_has_a_nearest(void **state)
{
    (void)state;
    GIVES("(define lenght-of 1) (fliter list '())", "unknown name fliter");
    assert_non_null(strstr(machine->error.hint, "filter"));
    GIVES("(car 1 2 3)", "car: expected 1 operand, got 3");
    assert_non_null(strstr(machine->error.hint, "(car list)"));
}

static void errors_carry_their_callers(void **state)
{
    (void)state;
    value v;
    assert_false(run_text(machine,
                          "(define inner (lambda (x) (+ 1 (car x))))\n"
                          "(define outer (lambda (y) (* 2 (inner y))))\n"
                          "(+ 0 (outer 5))",
                          &v));
    const struct error *e = &machine->error;
    assert_int_equal(e->trail_length, 3);
    assert_string_equal(e->trail[0].name, "inner");
    assert_string_equal(e->trail[1].name, "outer");
    assert_string_equal(e->trail[2].name, "");
    int line, column;
    source_place(e->span.source, e->span.start, &line, &column);
    assert_int_equal(line, 1);
    source_place(e->trail[1].span.source, e->trail[1].span.start, &line,
                 &column);
    assert_int_equal(line, 2);
}

/* The answer of `for-each` is no procedure, not even at the top level. */
static void nothing_is_not_called(void **state)
{
    (void)state;
    GIVES("((for-each car '()))",
          "application: expected a procedure, got #<nothing>");
    assert_int_equal(machine->error.trail_length, 1);
}

/* ---- calls --------------------------------------------------------------- */

static void tail_calls_take_no_room(void **state)
{
    (void)state;
    GIVES("(let l ((n 10000000) (s 0)) (if (= n 0) s (l (- n 1) (+ s 1))))",
          "10000000");
    GIVES("(define l (lambda (n s) (if (= n 0) s (l (- n 1) (+ s n)))))"
          "(l 3000000 0)",
          "4500001500000");
    GIVES("(define ev (lambda (n) (if (= n 0) 'even (od (- n 1)))))"
          "(define od (lambda (n) (if (= n 0) 'odd (ev (- n 1)))))"
          "(ev 3000001)",
          "odd");
    GIVES("(let l ((n 3000000)) (cond ((= n 0) 'done) (else (begin (list n) "
          "(let ((m (- n 1))) (l m))))))",
          "done");
    GIVES("(define al (lambda (n) (if (= n 0) 0 (apply al (list (- n 1))))))"
          "(al 300000)",
          "0");
    GIVES("(define an (lambda (n) (and true (or false (if (= n 0) 'x (an (- "
          "n 1)))))))(an 300000)",
          "x");
}

static void a_name_bound_again_ends_a_loop(void **state)
{
    (void)state;
    GIVES("(define f (lambda (n) (if (= n 0) 'old (f (- n 1)))))"
          "(define g f)"
          "(define f (lambda (n) (list 'new n)))"
          "(g 5)",
          "(new 4)");
    GIVES("(define f car) (g '())",
          "-: expected a number or an array of numbers, got ()");
    GIVES("(define f (lambda (a b) a)) (g 5)", "f: expected 2 operands, got 1");
    machine_unbind(machine, "f");
    GIVES("(g 5)", "unknown name f");
    GIVES("(g 0)", "old");
}

static void calls_nest_a_million_deep(void **state)
{
    (void)state;
    GIVES("(define down (lambda (n) (if (= n 0) 0 (+ 1 (down (- n 1))))))"
          "(down 1000000)",
          "1000000");
    GIVES("(foldr (lambda (x s) (+ x s)) 0 (iota 1000000))", "499999500000");
    GIVES("(define deep (lambda (n l) (if (= n 0) l (deep (- n 1) (list "
          "l)))))"
          "(equal? (deep 1000000 '()) (deep 1000000 '()))",
          "True");
    size_t n = strlen(show("(deep 1000000 '())"));
    assert_int_equal(n, 2 * MILLION + 2);
}

static void recursion_without_end_ends(void **state)
{
    (void)state;
    value *stack = machine->stack;
    struct frame *frame = machine->frame;
    static const char *const programs[] = {
        "(define r (lambda (n) (+ 1 (r n)))) (r 1)",
        "(define r (lambda (n) (list (map r (list n))))) (r 1)",
        "(define r (mem (lambda (n) (+ 1 (r (+ n 1)))))) (r 1)",
        "(let r ((n 1)) (+ 1 (r n)))",
    };
    for (int i = 0; i < 4; i++) {
        assert_non_null(strstr(show(programs[i]), "recursion too deep"));
        assert_int_equal(machine->error.kind, ERROR_LIMIT);
        assert_ptr_equal(machine->frame, frame);
        assert_ptr_equal(machine->stack, stack);
        GIVES("((lambda (x) (* x 2)) 21)", "42");
    }
}

static void hooks_hear_of_calls_and_their_ends(void **state)
{
    (void)state;
    machine->hooked_calls = true;
    GIVES("(define f (lambda (n) (if (= n 0) 0 (+ 1 (f (- n 1)))))) (+ 0 (f "
          "9))",
          "9");
    assert_int_equal(notes.entered, 10);
    assert_int_equal(notes.left, 0);
    GIVES("(map (lambda (x) x) '(1 2 3))", "(1 2 3)"); /* call nothing */
    assert_int_equal(notes.entered, 10);
    notes.marks = true;
    GIVES("(define f (lambda (n) (if (= n 0) 0 (begin (draw) (+ 1 (f (- n "
          "1))))))) (+ 0 (f 9))",
          "9");
    assert_int_equal(notes.entered, 20);
    assert_int_equal(notes.left, 9);
}

static void a_call_whose_value_is_known_is_not_made(void **state)
{
    (void)state;
    machine->hooked_calls = notes.knows = true;
    GIVES("(define f (lambda (n) (if (= n 0) 0 (+ 1 (f (- n 1)))))) (+ 0 (f "
          "9))",
          "106");
    assert_int_equal(notes.entered, 7);
    GIVES("(list (f 3) (f 0))", "(100 0)");
}

/* ---- procedures that call back ------------------------------------------- */

static void natives_take_lists_of_any_length(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"(map (lambda (x) (* x x)) '())", "()"},
        {"(map (lambda (x) (* x x)) '(3))", "(9)"},
        {"(map (lambda (x) (* x x)) '(1 2 3))", "(1 4 9)"},
        {"(map + '(1 2 3) '(10 20))", "(11 22)"},
        {"(map list '(1 2) '(3 4) '(5 6))", "((1 3 5) (2 4 6))"},
        {"(map (lambda x x) '(1 2) '(3 4))", "((1 3) (2 4))"},
        {"(map (lambda (x) (+ x 1)) #(1 2.5))", "(2.0 3.5)"},
        {"(map car '((1) (2)))", "(1 2)"},
        {"(map (lambda (f) (f 4)) (list - (lambda (x) x) list))", "(-4 4 (4))"},
        {"(map (lambda (x) (map (lambda (y) (* x y)) '(1 2))) '(3 4))",
         "((3 6) (4 8))"},
        {"(fold + 0 '())", "0"},
        {"(fold cons '() '(1 2 3))", "(3 2 1)"},
        {"(fold (lambda (x y s) (+ s (* x y))) 0 '(1 2) '(3 4))", "11"},
        {"(fold + 0 #(1 2))", "3.0"},
        {"(foldl (lambda (s x) (list s x)) 0 '(1 2))", "((0 1) 2)"},
        {"(foldr cons '() '(1 2 3))", "(1 2 3)"},
        {"(foldr cons 'x '())", "x"},
        {"(filter (lambda (x) (> x 1)) '(1 2 0 3))", "(2 3)"},
        {"(filter (lambda (x) x) '())", "()"},
        {"(repeat 3 (lambda () 7))", "(7 7 7)"},
        {"(repeat 0 (lambda () 7))", "()"},
        {"(build-list 4 (lambda (i) (* i i)))", "(0 1 4 9)"},
        {"(any (lambda (x) (and (> x 1) (* 10 x))) '(1 2 3))", "20"},
        {"(any (lambda (x) x) '())", "False"},
        {"(any < '(1 2) '(0 3))", "True"},
        {"(all (lambda (x) (> x 0)) '(1 2))", "True"},
        {"(all (lambda (x) (> x 1)) '(1 2))", "False"},
        {"(all (lambda (x) x) '())", "True"},
        {"(find (lambda (x) (> x 1)) '(1 2 3))", "2"},
        {"(sort '())", "()"},
        {"(sort '(3))", "(3)"},
        {"(sort '(3 1 2 5 4))", "(1 2 3 4 5)"},
        {"(sort '(3 1 2) >)", "(3 2 1)"},
        {"(sort '((1 a) (0 b) (1 c) (0 d)) (lambda (x y) (< (car x) (car "
         "y))))",
         "((0 b) (0 d) (1 a) (1 c))"},
        {"(apply + '())", "0"},
        {"(apply - '(5))", "-5"},
        {"(apply list 1 2 '(3 4))", "(1 2 3 4)"},
        {"(apply (lambda (x . r) (list x r)) '(1 2 3))", "(1 (2 3))"},
        {"(apply map list '((1 2) (3 4)))", "((1 3) (2 4))"},
        {"(length (map (lambda (x) x) (iota 200000)))", "200000"},
        {"(equal? (sort (map (lambda (i) (modulo (* i 7919) 100003)) (iota "
         "100003))) (iota 100003))",
         "True"},
    };
    CHECK_ROWS(rows);
    static const struct error_row errors[] = {
        {"(fold + 0 'x)", ERROR_TYPE, "fold: expected a list", "(fold + 0 'x)"},
        {"(filter car 1)", ERROR_TYPE, "filter: expected a list",
         "(filter car 1)"},
        {"(sort 1)", ERROR_TYPE, "sort: expected a list", "(sort 1)"},
        {"(sort '(1 a))", ERROR_TYPE, "<", "(sort '(1 a))"},
        {"(repeat -1 list)", ERROR_TYPE, "repeat: expected a number of times",
         "(repeat -1 list)"},
        {"(apply + 1)", ERROR_TYPE, "apply: expected a list", "(apply + 1)"},
        {"(foldr + 0 2)", ERROR_TYPE, "foldr: expected a list",
         "(foldr + 0 2)"},
    };
    CHECK_ERRORS(errors);
}

/* ---- limits -------------------------------------------------------------- */

static void a_step_limit_stops_loops(void **state)
{
    (void)state;
    static const char *const programs[] = {
        "(let l () (l))",
        "(let l ((n 0)) (if (= n -1) 0 (l (+ n 1))))",
        "(define l (lambda (n) (if (< n 0) n (l (+ n 1))))) (l 0)",
        "(define a (lambda () (b))) (define b (lambda () (a))) (a)",
        "(map (lambda (x) x) (iota 1000000))",
        "(fold + 0 (iota 1000000))",
    };
    for (int i = 0; i < 6; i++) {
        machine->steps_left = 100000;
        machine->fuel = machine->fuel_given = 0;
        machine->steps = 0;
        GIVES(programs[i], "the limit of steps is reached");
        assert_in_range(machine->steps, 100000, 100010);
        machine->steps_left = UINT64_MAX;
        machine->fuel = machine->fuel_given = 0;
        GIVES("(let l ((n 100000)) (if (= n 0) 'ok (l (- n 1))))", "ok");
    }
}

static void a_cancel_stops_loops(void **state)
{
    (void)state;
    volatile int cancel = 1;
    machine->cancel = &cancel;
    GIVES("(let l ((n 0)) (if (= n -1) 0 (l (+ n 1))))", "stopped");
    assert_int_equal(machine->error.kind, ERROR_CANCEL);
    GIVES("(let l ((n 0)) (l (list n)))", "stopped");
    GIVES("(map (lambda (x) x) (iota 1000000))", "stopped");
    cancel = 0;
    machine->deadline_ns = machine_clock() + 20000000;
    GIVES("(let l () (l))", "the time limit is reached");
}

static int collections;
static bool collect(struct machine *m, int n, const value *args, value *out)
{
    (void)m;
    *out = n ? args[0] : V_NOTHING;
    if (++collections % 64 == 0) memory_collect();
    for (int i = 0; i < 50; i++) cons(v_int(-7), V_NIL);
    return true;
}
static struct primitive collects[] = {
    {.names = "gc",
     .function = collect,
     .min = 0,
     .max = 1,
     .look = LOOK_NONE,
     .topic = "test",
     .signature = "(gc)",
     .doc = "gc"},
};

static void what_is_in_use_lives(void **state)
{
    (void)state;
    machine_add_primitives(machine, collects, 1);
    static const struct row rows[] = {
        {"(fold + 0 (map (lambda (x) (+ 0.0 (gc (car (list x))))) (iota "
         "3000)))",
         "4498500.0"},
        {"(define t (lambda (n) (if (= n 0) (gc '()) (append (t (- n 1)) "
         "(list (gc n)))))) (length (t 300))",
         "300"},
        {"(let l ((i 0) (a '())) (if (= i 3000) (fold + 0 (map car a)) (l (+ "
         "i 1) (cons (gc (list i)) a))))",
         "4498500"},
        {"(define k (lambda (n) (lambda () (gc n)))) (fold + 0 (map (lambda "
         "(f) (f)) (map k (iota 1000))))",
         "499500"},
        {"(apply (lambda (a . r) (begin (gc) (length r))) (iota 5000))",
         "4999"},
    };
    CHECK_ROWS(rows);
    GIVES("(fold (lambda (i s) (+ s (apply (lambda r (fold (lambda (p s) (+ "
          "s (car p))) 0 r)) (map list (iota 20000))))) 0 (iota 40))",
          "7999600000");
    GIVES("(equal? (iota 101) (sort (map (lambda (i) (gc (modulo (* i 37) "
          "101))) (iota 101)) (lambda (x y) (< (gc x) y))))",
          "True");
    assert_true(collections > 1000);
}

/* ---- locations ----------------------------------------------------------- */

/* All ways to reach a choice in loops and calls. */
static const char everywhere[] =
    "(define rec (lambda (n) (if (= n 0) 0 (begin (draw) (rec (- n 1)) "
    "(draw)))))"
    "(define glob (lambda (n) (if (= n 0) 0 (begin (draw) (glob (- n 1))))))"
    "(define ping (lambda (n) (if (= n 0) 0 (begin (draw) (pong (- n 1))))))"
    "(define pong (lambda (n) (if (= n 0) 0 (begin (draw) (ping (- n 1))))))"
    "(define once (lambda () (draw)))"
    "(define twice (lambda () (list (once) (once))))"
    "(define memoized (mem (lambda (n) (begin (twice) (draw)))))"
    "(let l ((n 20000)) (if (= n 0) 0 (begin (draw) (l (- n 1)))))"
    "(let o ((n 100)) (if (= n 0) 0 (begin (let i ((k 100)) (if (= k 0) 0 "
    "(begin (once) (i (- k 1))))) (o (- n 1)))))"
    "(rec 10000) (glob 10000) (ping 10000)"
    "(map (lambda (x) (draw)) (iota 10000))"
    "(map (lambda (x) (twice)) (iota 5000))"
    "(repeat 5000 draw)"
    "(fold (lambda (x s) (begin (draw) (once) s)) 0 (iota 5000))"
    "(map memoized (iota 1000))"
    "(begin (factor 0) (factor 0) (apply draw '()) (apply once '()))";

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* Every expression of the top level has a location of its own. */
static bool run_everywhere(struct machine *m)
{
    struct source *source = memory_new_kept(sizeof *source);
    *source = (struct source){"test", everywhere, strlen(everywhere)};
    struct reader r;
    struct syntax *s;
    value v;
    reader_open(&r, source, &m->error);
    for (uint64_t i = 1; reader_datum(&r, false, &s) == READ_DATUM; i++) {
        const char *head = syntax_head(s);
        if (strcmp(head, "define") == 0) {
            if (!run_syntax(m, s, &v)) return false;
            continue;
        }
        struct code *code = machine_compile(m, s);
        if (!code || !machine_run(m, code, i * 1000003, &v)) return false;
    }
    return true;
}

static void calls_have_locations_of_their_own(void **state)
{
    (void)state;
    assert_true(run_everywhere(machine));
    size_t n = notes.count;
    assert_true(n > 100000);
    uint64_t *first = malloc(n * sizeof *first);
    memcpy(first, notes.locations, n * sizeof *first);

    /* Another machine gives the same names. */
    struct machine *other = machine_made();
    notes.count = 0;
    assert_true(run_everywhere(other));
    machine_close(other);
    assert_int_equal(notes.count, n);
    assert_memory_equal(first, notes.locations, n * sizeof *first);

    qsort(first, n, sizeof *first, by_value);
    for (size_t i = 1; i < n; i++)
        if (first[i] == first[i - 1]) fail_msg("two calls with one name");
    free(first);
}

/* What enter hears is what a choice would have been called: names made early
 * and names made late agree. */
static void names_made_early_and_late_agree(void **state)
{
    (void)state;
    static const char program[] =
        "(define leaf (lambda (x) (draw)))"
        "(define walk (lambda (n) (if (= n 0) (+ 0 (leaf 0)) (begin (list "
        "(walk (- n 1))) (let l ((k 3)) (if (= k 0) (leaf 1) (begin (list "
        "(leaf k)) (l (- k 1)))))))))"
        "(list (walk 6) (map leaf '(1 2)))";
    value v;
    assert_true(run_text(machine, program, &v));
    size_t n = notes.count;
    uint64_t *late = malloc(n * sizeof *late);
    memcpy(late, notes.locations, n * sizeof *late);
    notes.count = 0;
    machine->hooked_calls = true;
    assert_true(run_text(machine, program, &v));
    size_t found = 0;
    for (size_t i = 0; i < notes.count && found < n; i++)
        if (notes.locations[i] == late[found]) found++;
    assert_int_equal(found, n);
    free(late);
}

static void a_turn_does_not_know_its_future(void **state)
{
    (void)state;
    static const char *const programs[] = {
        "(define f (lambda (n k) (let l ((i 0)) (if (= i n) 0 (begin (draw) "
        "(l (+ i 1))))))) (f n 0)",
        "(define f (lambda (n k) (let l ((i 0)) (if (= i n) 0 (begin (draw) "
        "(if (= i 3) (l (+ i 1)) (l (+ i 1)))))))) (f n 0)",
        "(define l (lambda (n) (if (= n 0) 0 (begin (draw) (l (- n 1)))))) "
        "(l n)",
        "(define a (lambda (n) (if (= n 0) 0 (begin (draw) (b (- n 1)))))) "
        "(define b (lambda (n) (if (= n 0) 0 (begin (draw) (a (- n 1)))))) "
        "(a n)",
        "(map (lambda (x) (draw)) (iota n))",
    };
    for (int p = 0; p < 5; p++) {
        char text[400];
        uint64_t names[10];
        value v;
        snprintf(text, sizeof text, "(define n 10) %s", programs[p]);
        notes.count = 0;
        assert_true(run_text(machine, text, &v));
        assert_int_equal(notes.count, 10);
        memcpy(names, notes.locations, sizeof names);
        char *longer = malloc(sizeof text);
        snprintf(longer, sizeof text, "(define n 70000) %s", programs[p]);
        notes.count = 0;
        assert_true(run_text(machine, longer, &v));
        assert_int_equal(notes.count, 70000);
        assert_memory_equal(names, notes.locations, sizeof names);
        free(longer);
    }
}

static uint64_t location_drawn(const char *program)
{
    value v;
    notes.count = 0;
    if (!run_text(machine, program, &v)) fail_msg("%s", machine->error.message);
    assert_int_equal(notes.count, 1);
    return notes.locations[0];
}

/* Site and count go into the hash as a sum, so what follows n turns lies at
 * equal distances: also where the turns are run many at a time. */
static void turns_are_hashed_by_site_and_count(void **state)
{
    (void)state;
    static const char *const programs[] = {
        "(let l ((n k) (s 0)) (if (= n 0) (begin (draw) 0) (l (- n 1) (+ s "
        "1))))",
        "(let l ((n k)) (if (> n 0) (l (- n 1)) (begin (draw) 0)))",
        "(let l ((n k) (s '())) (if (= n 0) (begin (draw) 0) (l (- n 1) (cons "
        "n s))))",
    };
    const uint64_t prime = (1ull << 61) - 1;
    for (int p = 0; p < 3; p++) {
        uint64_t at[6], step = 0;
        for (int k = 1; k < 6; k++) {
            char *text = malloc(300);
            snprintf(text, 300, "(define k %d) %s", k * 1000, programs[p]);
            at[k] = location_drawn(text);
            free(text);
            if (k < 2) continue;
            uint64_t distance = (at[k] + prime - at[k - 1]) % prime;
            if (k > 2) assert_int_equal(distance, step);
            step = distance;
        }
        assert_true(step != 0);
    }
}

static void the_order_of_sites_is_in_the_name(void **state)
{
    (void)state;
    static const char *const lists[] = {
        "'(0 0 1)", "'(0 1 0)", "'(1 0 0)", "'(1 1 0)", "'(0 1 1)",
        "'(1 0 1)", "'(0 0 0)", "'(1 1 1)", "'(0 0)",
    };
    uint64_t names[9];
    for (int i = 0; i < 9; i++) {
        char *text = malloc(300);
        snprintf(text, 300,
                 "(define x %s) (let l ((x x)) (if (= x '()) (begin (draw) "
                 "0) (if (= (car x) 0) (l (cdr x)) (l (cdr x)))))",
                 lists[i]);
        names[i] = location_drawn(text);
        free(text);
        for (int j = 0; j < i; j++) assert_true(names[i] != names[j]);
    }
}

/* ---- references ---------------------------------------------------------- */

static value run_value(const char *text)
{
    value v = V_NOTHING;
    notes.forced = notes.deferred = 0;
    if (!run_text(machine, text, &v)) fail_msg("%s", machine->error.message);
    return v;
}

static const struct primitive *operation_of(value v)
{
    assert_true(is_type(v, T_EXPRESSION));
    return ((struct expression *)as_object(v))->operation;
}

static void a_simple_if_becomes_a_select(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"((lambda (p) (if p 0.9 0.1)) (draw true))", "0.9"},
        {"((lambda (p) (if p 0.9 0.1)) (draw false))", "0.1"},
        {"((lambda (p x) (if p (+ x 1) (* x 2))) (draw false) 5)", "10"},
        {"((lambda (p x) (or p x)) (draw false) 5)", "5"},
        {"((lambda (p x) (and p x)) (draw true) 5)", "5"},
        {"((lambda (p x) (if (< p 3) (if (= p 1) 'a 'b) 'c)) (draw 2) 5)", "b"},
        /* The branch not taken would fail. */
        {"((lambda (p x) (if p (/ 1 x) 7)) (draw false) 0)", "7"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        value v = run_value(rows[i].program);
        assert_int_equal(notes.forced, 0);
        assert_ptr_equal(operation_of(v), &primitive_select);
        GIVES(rows[i].program, rows[i].expected);
    }
}

static void other_ifs_force(void **state)
{
    (void)state;
    value v = run_value("((lambda (p) (if p (list 1) (list (draw)))) (draw "
                        "false))");
    assert_true(notes.forced == 1 && is_pair(v));
    v = run_value("((lambda (p) (if (< p 3) (list 1) 2)) (draw 5))");
    assert_true(notes.forced == 1 && v == v_int(2));
    v = run_value("((lambda (p) (if (= p 3) (list 1) 2)) (draw 3))");
    assert_true(notes.forced == 1 && is_pair(v));
    v = run_value("((draw car) '(4 5))");
    assert_true(notes.forced == 1 && v == v_int(4));
}

static void arithmetic_of_references_waits(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"((lambda (x) (+ x 1)) (draw 4))", "5"},
        {"((lambda (x) (- 1 x)) (draw 4))", "-3"},
        {"((lambda (x y) (* x y)) (draw 4) 2.5)", "10.0"},
        {"((lambda (x) (/ x 2)) (draw 4))", "2"},
        {"((lambda (x) (< x 2)) (draw 4))", "False"},
        {"((lambda (x) (exp x)) (draw 0))", "1.0"},
        {"((lambda (x) (+ (* x x) (draw 1))) (draw 3))", "10"},
        {"(let l ((n 3) (s (draw 0))) (if (= n 0) s (l (- n 1) (+ s 1))))",
         "3"},
        {"('(5 6 7) (draw 1))", "6"},
        {"((draw '(5 6 7)) 1)", "6"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        value v = run_value(rows[i].program);
        assert_int_equal(notes.forced, 0);
        assert_true(notes.deferred > 0);
        assert_true(is_type(v, T_EXPRESSION));
        GIVES(rows[i].program, rows[i].expected);
    }
}

static void structures_pass_references_on(void **state)
{
    (void)state;
    static const char *const programs[] = {
        "(car (list (draw 7) 2))",
        "(cadr (list 1 (draw 7)))",
        "(let ((x (draw 7))) x)",
        "((lambda r (car r)) (draw 7))",
        "(car (map (lambda (x) x) (list (draw 7))))",
        "(fold (lambda (x s) x) 0 (list 1 (draw 7)))",
        "(apply (lambda (x) x) (list (draw 7)))",
        "((list (draw 7)) 0)",
    };
    for (int i = 0; i < 8; i++) {
        value v = run_value(programs[i]);
        assert_int_equal(notes.forced + notes.deferred, 0);
        assert_true(is_type(v, T_CHOICE));
    }
    value v = run_value("(car (draw '(1 2)))");
    assert_true(notes.forced == 0 && is_type(v, T_EXPRESSION));
    v = run_value("(sort (list (draw 3) 1 2))");
    assert_true(notes.forced > 0);
    v = run_value("(filter (lambda (x) (draw (> x 1))) '(1 2 3))");
    assert_int_equal(notes.forced, 3);
    assert_int_equal(list_length(v), 2);
}

static void a_program_of_many_parts_compiles(void **state)
{
    (void)state;
    /* A test whose jump is too far for a narrow operand. */
    struct text t = {NULL, 0, 0};
    text_puts(&t, "((lambda (x) (if (< x 1) (list ");
    for (int i = 0; i < 50000; i++) text_puts(&t, "(+ x 1) ");
    text_puts(&t, ") 'far)) 5)");
    GIVES(t.at, "far");
    text_free(&t);
    text_puts(&t, "(length (list ");
    for (int i = 0; i < 60000; i++) text_printf(&t, "%d.5 ", i);
    text_puts(&t, "))");
    GIVES(t.at, "60000");
    text_free(&t);
    text_puts(&t, "(list ");
    for (int i = 0; i < 60001; i++) text_puts(&t, "1 ");
    text_puts(&t, ")");
    assert_non_null(strstr(show(t.at), "too many operands"));
    text_free(&t);
    /* A loop with more operands than patience to compare them. */
    text_puts(&t, "(let l (");
    for (int i = 0; i < 300; i++) text_printf(&t, "(x%d %d) ", i, i);
    text_puts(&t, ") (if (= x0 100) (list x1 x299) (l ");
    for (int i = 0; i < 300; i++) text_printf(&t, "(+ x%d 1) ", (i + 1) % 300);
    text_puts(&t, ")))");
    GIVES(t.at, "(101 99)");
    text_free(&t);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    stack_keep_small();
    stack_mark();
    memory_init(64 << 20);
    print_procedure = machine_print_procedure;
    const struct CMUnitTest tests[] = {
        TEST(forms_give_their_values),
        TEST(arithmetic_keeps_integers_exact),
        TEST(errors_name_their_place),
        TEST(an_unknown_name_has_a_nearest),
        TEST(errors_carry_their_callers),
        TEST(nothing_is_not_called),
        TEST(tail_calls_take_no_room),
        TEST(a_name_bound_again_ends_a_loop),
        TEST(calls_nest_a_million_deep),
        TEST(recursion_without_end_ends),
        TEST(hooks_hear_of_calls_and_their_ends),
        TEST(a_call_whose_value_is_known_is_not_made),
        TEST(natives_take_lists_of_any_length),
        TEST(a_step_limit_stops_loops),
        TEST(a_cancel_stops_loops),
        TEST(what_is_in_use_lives),
        TEST(calls_have_locations_of_their_own),
        TEST(names_made_early_and_late_agree),
        TEST(a_turn_does_not_know_its_future),
        TEST(turns_are_hashed_by_site_and_count),
        TEST(the_order_of_sites_is_in_the_name),
        TEST(a_simple_if_becomes_a_select),
        TEST(other_ifs_force),
        TEST(arithmetic_of_references_waits),
        TEST(structures_pass_references_on),
        TEST(a_program_of_many_parts_compiles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
