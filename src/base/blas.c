/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Opens OpenBLAS and LAPACKE at the first use. Where the system's OpenBLAS
 * is one with threads, it is told to use one. Both report wrong arguments
 * through functions that print and stop; ours take their place and do
 * nothing, for an exported symbol of the program comes first (the Makefile
 * exports them), and our callers look at their arguments and at what comes
 * back.
 */
#include "base/blas.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

void xerbla_(const char *name, const int *info, size_t length);
void cblas_xerbla(int info, const char *name, const char *format, ...);
void LAPACKE_xerbla(const char *name, int info);

void xerbla_(const char *name, const int *info, size_t length)
{
    (void)name, (void)info, (void)length;
}

void cblas_xerbla(int info, const char *name, const char *format, ...)
{
    (void)info, (void)name, (void)format;
}

void LAPACKE_xerbla(const char *name, int info) { (void)name, (void)info; }

static struct blas blas;

/* Where each function goes, and in which library it is. */
static const struct {
    size_t place;
    bool lapack;
    const char *name;
} rows[] = {
    {offsetof(struct blas, multiply), false, "cblas_dgemm"},
    {offsetof(struct blas, solve_triangle), false, "cblas_dtrsm"},
    {offsetof(struct blas, cholesky), true, "LAPACKE_dpotrf"},
    {offsetof(struct blas, factor), true, "LAPACKE_dgetrf"},
    {offsetof(struct blas, solve), true, "LAPACKE_dgetrs"},
    {offsetof(struct blas, eigen), true, "LAPACKE_dsyev"},
    {offsetof(struct blas, singular), true, "LAPACKE_dgesdd"},
};

static bool find_all(void *dense, void *lapack)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        void *found = dlsym(rows[i].lapack ? lapack : dense, rows[i].name);
        if (!found) return false;
        memcpy((char *)&blas + rows[i].place, &found, sizeof found);
    }
    return true;
}

const struct blas *blas_open(void)
{
    static bool asked, there;
    if (asked) return there ? &blas : NULL;
    asked = true;
    setenv("OPENBLAS_NUM_THREADS", "1", 0);
    void *dense = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL);
    void *lapack = dlopen("liblapacke.so.3", RTLD_NOW | RTLD_LOCAL);
    there = dense && lapack && find_all(dense, lapack);
    return there ? &blas : NULL;
}
