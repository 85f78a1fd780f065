/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Code: what the compiler makes and the machine runs. A register machine:
 * instructions of 64 bits, three operands, registers in the frame. A body's
 * hash names it in locations: the same text gives the same names in another
 * run and on another machine.
 */
#ifndef VST_EVAL_CODE_H
#define VST_EVAL_CODE_H

#include "eval/machine.h"

/* R registers, K constants, J a jump relative to the next instruction. */
#define OPERATIONS(X)                                                      \
    X(MOVE)           /* Ra = Rb */                                        \
    X(CONSTANT)       /* Ra = K[wide] */                                   \
    X(GLOBAL)         /* Ra = what the cell K[wide] holds */               \
    X(CAPTURED)       /* Ra = captured b */                                \
    X(SELF)           /* Ra = the procedure that runs */                   \
    X(CLOSURE)        /* Ra = a closure of the code K[wide] */             \
    X(PATCH)          /* captured b of closure Ra = Rc */                  \
    X(JUMP)           /* J wide */                                         \
    X(JUMP_FALSE)     /* J wide when Ra is false; forces */                \
    X(JUMP_TRUE)      /* J wide when Ra is true; forces */                 \
    X(JUMP_REFERENCE) /* J wide when Ra is a reference */                  \
    X(UNLESS_LESS)    /* J c unless Ra < Rb; forces */                     \
    X(UNLESS_LESS_EQUAL)                                                   \
    X(UNLESS_EQUAL)                                                        \
    X(UNLESS_LESS_K) /* J c unless Ra < Kb */                              \
    X(UNLESS_LESS_EQUAL_K)                                                 \
    X(UNLESS_GREATER_K)                                                    \
    X(UNLESS_GREATER_EQUAL_K)                                              \
    X(UNLESS_EQUAL_K)                                                      \
    X(UNLESS_LESS_I) /* J c unless Ra < b, a small integer */              \
    X(UNLESS_LESS_EQUAL_I)                                                 \
    X(UNLESS_GREATER_I)                                                    \
    X(UNLESS_GREATER_EQUAL_I)                                              \
    X(UNLESS_EQUAL_I) /* J c unless Ra = Kb, an integer */                 \
    X(ADD)            /* Ra = Rb + Rc */                                   \
    X(SUBTRACT)                                                            \
    X(MULTIPLY)                                                            \
    X(DIVIDE)                                                              \
    X(ADD_K) /* Ra = Rb + Kc */                                            \
    X(SUBTRACT_K)                                                          \
    X(MULTIPLY_K)                                                          \
    X(DIVIDE_K)                                                            \
    X(ADD_I)          /* Ra = Rb + c, a small integer; Rb - -c if c < 0 */ \
    X(STEP_LOOP)      /* ADD_I with a = b before LOOP: both at once */     \
    X(STEP_STEP_LOOP) /* ADD_I before STEP_LOOP: all at once */            \
    X(COUNT_LOOP)     /* either of these in a loop that only counts */     \
    X(LESS)           /* Ra = Rb < Rc */                                   \
    X(LESS_EQUAL)                                                          \
    X(EQUAL)                                                               \
    X(PRIMITIVE) /* Ra = K[b] of c operands from Ra on */                  \
    X(BUILD)     /* the same in a branch of a select: an error leaves    \
                        an expression */ \
    X(SELECT)    /* Ra = Rb if Ra else Rc, as an expression */             \
    X(CALL)      /* Ra = Ra of the b operands after it, at site c */       \
    X(TAIL)      /* the same, in place of this frame */                    \
    X(LOOP)      /* a tail call of itself, operands in place, at site    \
                        a - 1; by the global K[wide], if that is not -1 */ \
    X(RETURN)    /* Ra */

enum operation {
#define X(name) OP_##name,
    OPERATIONS(X)
#undef X
        OPERATION_COUNT
};

struct instruction {
    uint16_t op, a;
    union {
        struct {
            uint16_t b, c;
        };
        int32_t wide;
    };
};

/* Where a closure finds what it captures, in the frame that makes it. */
struct capture {
    bool local; /* a register of the maker, else one of its captured */
    uint16_t from;
};

struct code {
    struct object head;
    const struct instruction *instructions;
    const uint64_t *sites; /* of the calls: what they add to a location; behind
                              the constants */
    uint32_t exact;        /* operands; UINT32_MAX with a rest parameter */
    uint32_t registers;
    uint64_t hash;
    uint16_t parameters; /* without the rest parameter */
    bool rest;
    bool loops; /* writes over its parameters: a tail call of itself */
    uint32_t length;
    struct span *spans; /* one an instruction */
    uint32_t site_count;
    uint32_t capture_count;
    struct capture *captures;
    value *mentions; /* names of globals, built-in ones too */
    uint32_t mention_count;
    uint32_t constant_count;
    value name; /* symbol, or V_FALSE */
    value *parameter_names;
    struct span span;
    value constants[]; /* values; cells and primitives as pointers */
};

/* A call under way. */
enum frame_kind {
    FRAME_CODE,
    FRAME_NATIVE, /* a procedure of C that calls back */
    FRAME_MEMO,   /* waits for the body of a memoized application */
    FRAME_ENTRY   /* C called the machine: leave the loop */
};
enum frame_flags {
    FRAME_NAMED = 1,   /* its hash is known */
    FRAME_HOOKED = 2,  /* the handler hears of its end */
    FRAME_SPECIAL = 4, /* the frame below is not of code */
    FRAME_LEANS = 8    /* the handler's: its call cannot be told from what it
                          is called in */
};

/* 64 bytes: a line of the cache. A call from code to code writes pc, base,
 * code and the word from kind on, and nothing else: the hash of a frame is
 * made when somebody asks where the program is (see machine_run.c). */
struct frame {
    const struct instruction *pc; /* what runs, or waits for its call */
    value *base; /* registers; base[-1] is the procedure, and takes the
                        result */
    const struct code *code;
    uint8_t kind;
    uint8_t flags;
    uint16_t turning; /* the LOOP that counts the turns: its a; 0: none */
    uint32_t turns;   /* tail calls in a row from one site */
    uint64_t hash;    /* FRAME_NAMED: the location of this call, before tail
                         calls */
    union {
        void *data;    /* FRAME_MEMO: the handler's entry */
        uint64_t site; /* FRAME_CODE: of the last tail call */
    };
    uint32_t arguments, slots; /* FRAME_NATIVE: operands; all in use */
    uint32_t phase;            /* FRAME_NATIVE: calls made so far */
    uint32_t pending;          /* values above the slots: a call asked for */
};

/* ---- natives: procedures of C that call procedures ---------------------
 * A native is a step function. It is entered once with phase 0, and again
 * after each call that it asked for, the answer in at[slots]. What it must
 * remember it keeps in its slots, which may grow: `f->slots++` keeps the
 * answer. So nothing recurses in C, and the state can be copied. */
enum step { STEP_ERROR, STEP_RETURN, STEP_CALL, STEP_TAIL };

struct native {
    struct object head;
    const char *names;
    enum step (*step)(struct machine *m, struct frame *f, value *at);
    int8_t min, max;
    const char *topic, *signature, *doc;
};

extern struct native natives_loop[], natives_effect[], natives_ode[];
extern const size_t natives_loop_count, natives_effect_count, natives_ode_count;

/* Ends a step: the answer is v. */
static inline enum step native_return(struct frame *f, value *at, value v)
{
    at[f->slots] = v;
    return STEP_RETURN;
}
/* Ends a step: call procedure on n operands (placed behind the slots). */
enum step native_call(struct machine *m, struct frame *f, value procedure,
                      int n, const value *operands);
/* The same, in place of this frame. */
enum step native_tail(struct machine *m, struct frame *f, value procedure,
                      int n, const value *operands);

/* (h * B + site) mod 2^61 - 1: the name of a call inside a call. */
/* The location of what runs in a frame. */
uint64_t location_of(struct frame *f);
uint64_t location_extend(uint64_t hash, uint64_t site);

/* An XRP may be called with this many operands at most. */
enum { OPERANDS_MAX = 60000 };

#endif
