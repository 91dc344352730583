# cmake -DFROM=include/ltcore -DTO=folder/ltcore -DHOW=grow|shrink -P resize.cmake
#
# Copies the headers as a newer or an older ltcore might have them: every struct that may grow is 64 bytes larger, or
# has lost the last of its members. Frozen structs stay as they are.
set(closed_by_name opt schema module plugin probe_req probe_out value param node graph arch_ops mask_tensor mask_group
    mask_env mask_ops dataset_info dataset_ops optimizer input compile_req plan data_desc train_req train_out eval_req
    eval_out backend_ops)
string(REPLACE ";" "|" closed_by_name "${closed_by_name}")
set(closed_plainly "\\(\\*error\\)" "const char \\*cache" "\\(\\*run\\)")      # last members of builder, host, probe

# The last member of each struct that can do without it.
set(last
    "const char \\*const \\*choices"                  # opt
    "const char \\*cache"                             # host
    "const uint32_t \\*capture"                       # probe_req
    "void \\*const \\*captured"                       # probe_out
    "const float \\*data"                             # value
    "size_t      n[^a-z]*elements"                    # param
    "const char \\*\\(\\*error\\)"                      # builder
    "const ltc_host \\*host"                          # mask_env
    "const uint8_t \\*mask"                           # mask_tensor
    "const uint8_t \\*alive"                          # mask_group
    "uint32_t   \\(\\*flags_of\\)"                    # mask_ops
    "const float       \\*mean, \\*std"               # dataset_info
    "const float \\*mean, \\*std"                     # input
    "const void \\*x[^\n]*staged rows"               # train_req
    "uint64_t \\*bad_step"                            # train_out
    "ltc_status \\(\\*tune\\)")                       # backend_ops

file(GLOB headers "${FROM}/*")
foreach(header IN LISTS headers)
    file(READ "${header}" text)
    if(HOW STREQUAL grow)
        string(REGEX REPLACE "} ltc_(${closed_by_name});" "    char grown[64]; } ltc_\\1;" text "${text}")
        foreach(member IN LISTS closed_plainly)
            string(REGEX REPLACE "(${member}[^\n]*\n)};" "\\1    char grown[64]; };" text "${text}")
        endforeach()
    else()
        foreach(member IN LISTS last)
            string(REGEX REPLACE "\n *${member}[^\n]*" "" text "${text}")
        endforeach()
    endif()
    get_filename_component(name "${header}" NAME)
    file(WRITE "${TO}/${name}" "${text}")
endforeach()
