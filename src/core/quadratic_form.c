#include "quadratic_form.h"

#include <complex.h>
#include <float.h>
#include <math.h>

/* P(Q > q) for Q = y'Ay, A = diag(a) - aa'/sum a, a weighted sum of chi^2 variables.
 *
 * With b_i = a_i d_i the determinant that gives the characteristic function has a
 * closed form, A being diagonal less rank one:
 *   det(I - 2 s DA) = prod(1 - 2 s b_i) * c(s),
 *   c(s) = 1 + (2 s / sum a) sum a_i b_i / (1 - 2 s b_i)
 *        = sum [a_i / sum a] / (1 - 2 s b_i),
 * so no eigenvalues are needed and the work grows with k, not k^3.
 *
 * P(Q > q) is the integral of exp(K(s) - s q)/s over 2 pi i along any path that crosses the
 * real axis once, between 0 and the first singularity, K = -log(det)/2 (Rice 1980, SIAM J Sci
 * Stat Comput 1:438-448). The path is the parabola s0 + i u + c u^2 through the saddle
 * point s0: along it the integrand falls like a normal density, so that the trapezoidal
 * rule converges faster than any power of its step.
 *
 * Called from parallel regions: no Rmath. */

/* exp of -1/2 log det(I - 2 s DA), its branch followed from s = 0. Above the real axis the
 * argument of each factor lies in (-pi, 0); the zeros of c interlace its poles, so that its
 * argument lies in (0, pi) and needs no following. The product is kept with its argument as
 * a count of half turns, which costs no arc tangent a factor. */
static double complex log_determinant(const quadratic_form *form, double sum_a, double complex s) {
  const double re = creal(s), im = cimag(s);
  double x = 1, y = 0, c_re = 0, c_im = 0, scale = 0;
  int half_turns = 0;
  for (size_t i = 0; i < form->k; i++) {
    const double b = 2 * form->a[i] * form->d[i];
    const double f_re = 1 - b * re, f_im = -b * im, square = f_re * f_re + f_im * f_im;
    c_re += form->a[i] * f_re / square;
    c_im -= form->a[i] * f_im / square;
    const double next = x * f_re - y * f_im;
    y = x * f_im + y * f_re;
    x = next;
    /* The argument fell by less than a half turn: did it pass a multiple of pi? */
    const int below = half_turns % 2 == 0 ? y <= 0 : y >= 0;
    if (!below) half_turns++;
    const double size = fabs(x) + fabs(y);
    if (size > 1e100 || size < 1e-100) {
      x /= size;
      y /= size;
      scale += log(size);
    }
  }
  const double sign = half_turns % 2 == 0 ? 1 : -1;
  const double argument = -half_turns * 3.14159265358979323846 + atan2(sign * y, sign * x);
  const double complex product = scale + log(hypot(x, y)) + I * argument;
  return product + clog((c_re + I * c_im) / sum_a);
}

typedef struct {
  const quadratic_form *form;
  double sum_a, q, largest; /* largest a_i d_i */
} tail_model;

/* First three derivatives of K(s) - s q - log |s| at real s, the log of the integrand. */
typedef struct {
  double first, second, third;
} slopes;

static slopes derivatives(const tail_model *t, double s) {
  double one = 0, two = 0, three = 0, c0 = 0, c1 = 0, c2 = 0, c3 = 0;
  for (size_t i = 0; i < t->form->k; i++) {
    const double a = t->form->a[i], b = 2 * a * t->form->d[i], f = 1 / (1 - b * s), bf = b * f;
    one += bf;
    two += bf * bf;
    three += 2 * bf * bf * bf;
    c0 += a * f;
    c1 += a * f * bf;
    c2 += 2 * a * f * bf * bf;
    c3 += 6 * a * f * bf * bf * bf;
  }
  const double g1 = c1 / c0, g2 = c2 / c0, g3 = c3 / c0;
  const slopes out = {(one - g1) / 2 - t->q - 1 / s, (two - (g2 - g1 * g1)) / 2 + 1 / (s * s),
                      (three - (g3 - 3 * g1 * g2 + 2 * g1 * g1 * g1)) / 2 - 2 / (s * s * s)};
  return out;
}

/* The saddle point on one side of 0: log of the integrand is convex there. */
static double saddle(const tail_model *t, double low, double high) {
  for (int i = 0; i < 60; i++) {
    const double middle = (low + high) / 2;
    if (derivatives(t, middle).first > 0)
      high = middle;
    else
      low = middle;
    if (high - low < 1e-3 * fabs(middle)) break;
  }
  return (low + high) / 2;
}

/* The integral through s0; P(Q > q) for s0 > 0, and P(Q > q) - 1 for s0 < 0. */
static double integral(const tail_model *t, double s0) {
  const slopes at = derivatives(t, s0);
  const double unit = 1 / sqrt(at.second);
  /* The curvature of steepest descent; a little at least, where 0 is nearer than it. */
  const double bend = fmax(at.third / (6 * at.second), 0.02 / unit);
  const double at_saddle =
      -creal(log_determinant(t->form, t->sum_a, (double complex)s0)) / 2 - s0 * t->q;
  double total = 0;
  const double step = 0.2;
  for (int j = 0; j < 4000; j++) {
    const double u = (j + 0.5) * step * unit;
    const double complex s = s0 + bend * u * u + I * u, slope = 2 * bend * u + I;
    const double complex value =
        cexp(-log_determinant(t->form, t->sum_a, s) / 2 - s * t->q - at_saddle) / s * slope;
    total += cimag(value);
    if (cabs(value) < 1e-17 * fabs(total) && j > 4) break;
  }
  /* Twice the upper half of the path, over 2 pi i. */
  return exp(at_saddle) * total * step * unit / 3.14159265358979323846;
}

double quadratic_form_tail(const quadratic_form *form, double q) {
  tail_model t = {form, 0, q, 0};
  if (!(q > 0)) return 1;
  double mean = 0;
  for (size_t i = 0; i < form->k; i++) {
    const double b = form->a[i] * form->d[i];
    t.sum_a += form->a[i];
    t.largest = fmax(t.largest, b);
    mean += b;
  }
  for (size_t i = 0; i < form->k; i++) mean -= form->a[i] * (form->a[i] * form->d[i]) / t.sum_a;
  /* The tail that is small is the one that is computed. Left of 0 nothing bounds the path. */
  if (q > mean) return integral(&t, saddle(&t, 0, 1 / (2 * t.largest)));
  double low = -1 / q;
  for (int i = 0; i < 200; i++) {
    if (derivatives(&t, low).first < 0) break;
    low *= 2;
  }
  return fmin(1, fmax(0, 1 + integral(&t, saddle(&t, low, 0))));
}
