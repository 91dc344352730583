/* The instruction sets that kernels are compiled for, best first, and the choice among them. A kernel file is
 * compiled once for each (conv.cmake, cpu.cmake), names what it exports with CPU_NAME, and is called through
 * a table of functions that the device picks once, when it is opened. */
#ifndef CPU_ISA_H
#define CPU_ISA_H

typedef enum cpu_isa {
    CPU_AVX512,                               /* with F, BW, DQ, VL and FMA */
    CPU_AVX2,                                 /* with FMA */
    CPU_PORTABLE,                             /* whatever the compiler's target is */
    CPU_ISAS
} cpu_isa;

/* CPU_NAME(table) is table_avx512, table_avx2 or table_portable: CPU_SUFFIX comes from the build. */
#define CPU_PASTE_(name, suffix) name##_##suffix
#define CPU_PASTE(name, suffix) CPU_PASTE_(name, suffix)
#define CPU_NAME(name) CPU_PASTE(name, CPU_SUFFIX)

#endif
