# cmake -DSDK=sdk -DWORK=folder -DAS=c|cuda -P headers.cmake
#
# Compiles each public header alone, without a warning, with every compiler that is there: C11 and C++17, or CUDA.
# No padding either: only then does "the tail is zero" mean that a newer build said nothing.
set(warnings -Wall -Wextra -Wpedantic -Wpadded -Wshadow -Wconversion -Werror)
file(GLOB headers RELATIVE "${SDK}/include" "${SDK}/include/ltcore/*.h")
file(MAKE_DIRECTORY "${WORK}")

# Compiles `text` as WORK/NAME with the rest of the arguments as the command.
function(compile name text)
    file(WRITE "${WORK}/${name}" "${text}")
    execute_process(COMMAND ${ARGN} "-I${SDK}/include" -c "${WORK}/${name}" -o "${WORK}/${name}.o"
        RESULT_VARIABLE result OUTPUT_VARIABLE said ERROR_VARIABLE said)
    if(NOT result EQUAL 0)
        message(FATAL_ERROR "${ARGN}: ${name}:\n${said}")
    endif()
endfunction()

function(compile_each language suffix)
    foreach(compiler IN LISTS ARGN)
        find_program(found_${compiler} ${compiler})
        if(NOT found_${compiler})
            message(STATUS "skipped: no ${compiler}")
            continue()
        endif()
        foreach(header IN LISTS headers)
            get_filename_component(name "${header}" NAME_WE)
            compile("${name}.${suffix}" "#include <${header}>\n" ${found_${compiler}} ${language} ${warnings})
        endforeach()
        message(STATUS "${compiler}: every header compiles alone")
    endforeach()
endfunction()

if(AS STREQUAL cuda)
    compile(headers.cu "#include <ltcore/backend.h>
#include <ltcore/mask.h>
__global__ void draw(ltc_key k, float *x) { x[threadIdx.x] = ltc_rand_normal(ltc_key_fold(k, 1), threadIdx.x); }
" nvcc -x cu)
else()
    compile_each(-std=c11 c gcc clang)
    compile_each(-std=c++17 cpp g++ clang++)
endif()
