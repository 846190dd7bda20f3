#include "glue.h"

effect_spec unpack_effect_spec(SEXP spec) {
  effect_spec out;
  out.measure = (measure_id)list_int(spec, "measure");
  out.smd = (smd_id)list_int(spec, "smd");
  out.spread = (spread_id)list_int(spec, "spread");
  out.zero.add = list_double(spec, "add");
  out.zero.by_arm = list_int(spec, "add_by_arm");
  out.zero.when = (zero_when)list_int(spec, "to");
  out.zero.both_all = (both_all_rule)list_int(spec, "both_all");
  return out;
}

effect_data unpack_effect_data(SEXP data) {
  const R_xlen_t k = Rf_xlength(list_get(data, "state"));
  effect_data out;
  out.k = (size_t)k;
  out.ai = list_reals(data, "ai", k);
  out.n1i = list_reals(data, "n1i", k);
  out.ci = list_reals(data, "ci", k);
  out.n2i = list_reals(data, "n2i", k);
  out.m1i = list_reals(data, "m1i", k);
  out.sd1i = list_reals(data, "sd1i", k);
  out.m2i = list_reals(data, "m2i", k);
  out.sd2i = list_reals(data, "sd2i", k);
  out.yi = list_reals(data, "yi", k);
  out.spread = list_reals(data, "spread", k);
  out.state = list_ints(data, "state", k);
  return out;
}

/* Effects only: list(yi, vi, reason), each of length k. */
SEXP glue_effect(SEXP spec, SEXP data) {
  static const char *const names[] = {"yi", "vi", "reason"};
  const effect_spec effect = unpack_effect_spec(spec);
  const effect_data columns = unpack_effect_data(data);
  const R_xlen_t k = (R_xlen_t)columns.k;

  SEXP out = PROTECT(new_list(3, names));
  double *yi = frame_reals(out, 0, k), *vi = frame_reals(out, 1, k);
  int *reason = frame_ints(out, 2, k);
  effect_compute(&effect, &columns, yi, vi, reason);
  for (R_xlen_t i = 0; i < k; i++) {
    yi[i] = real_or_na(yi[i]);
    vi[i] = real_or_na(vi[i]);
  }
  UNPROTECT(1);
  return out;
}
