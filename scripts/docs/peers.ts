/** Attacks on image classifiers in the catalogues of other libraries, by the names that they have there. @module */

/** Kinds of attacks here that do the same; or why there is none. */
export type Counterpart = readonly string[] | string;

export interface Peer {
  readonly library: string;
  readonly version: string;
  readonly link: string;
  /** What of its catalogue is not counted, as it attacks something else. */
  readonly beside: string;
  readonly attacks: Readonly<Record<string, Counterpart>>;
}

const INSIDE = 'on the outputs of layers inside the network, as `ILA` is; not built';
const BACKWARD = 'changes the network or its backward pass, for some architectures';
const GENERATOR = 'a generator, trained on many images';
const NOT_YET = 'not built';
const CORRUPTION = 'a corruption without a search; see `CORRUPTION`';
const ADAM = 'steps by Adam';

const ART: Peer = {
  library: 'Adversarial Robustness Toolbox',
  version: '1.20.1',
  link: 'https://github.com/Trusted-AI/adversarial-robustness-toolbox',
  beside:
    'speech (`CarliniWagnerASR`, `ImperceptibleASR`), videos (`AdversarialTexture`, `FrameSaliencyAttack`, `OverTheAirFlickering`), object detectors (`DPatch` and `RobustDPatch`, which learn a patch by the boxes and classes that a detector outputs: of a classifier it is `PATCH`; `Overload`, `SNAL`), malware (`MalwareGD`), tables and other models (`LowProFool`, `HighConfidenceLowUncertainty`, `DecisionTreeAttack`)',
  attacks: {
    AdversarialPatch: ['PATCH'],
    AutoAttack: ['AUTO_ATTACK_LINF', 'AUTO_ATTACK_L2', 'AUTO_ATTACK_L1'],
    AutoConjugateGradient: ['ACG_LINF'],
    AutoProjectedGradientDescent: ['APGD_CE_LINF', 'APGD_CE_L2', 'APGD_CE_L1', 'APGD_DLR_LINF', 'APGD_DLR_L2', 'APGD_DLR_L1'],
    BasicIterativeMethod: ['ITER_BASIC'],
    BoundaryAttack: ['BOUNDARY'],
    BrendelBethgeAttack: ['BRENDEL_BETHGE_LINF', 'BRENDEL_BETHGE_L2', 'BRENDEL_BETHGE_L1'],
    CarliniL0Method: NOT_YET,
    CarliniL2Method: ['CW_L2'],
    CarliniLInfMethod: ['CW_LINF'],
    CompositeAdversarialAttack: NOT_YET,
    DeepFool: ['DEEP_FOOL_L2', 'DEEP_FOOL_LINF'],
    ElasticNet: ['EAD'],
    FastGradientMethod: ['FGSM', 'FAST_GRADIENT_L2', 'FAST_GRADIENT_LINF'],
    FeatureAdversaries: INSIDE,
    GeoDA: ['GEO_DA_L2', 'GEO_DA_LINF'],
    GRAPHITEBlackbox: NOT_YET,
    GRAPHITEWhitebox: NOT_YET,
    HopSkipJump: ['HOP_SKIP_JUMP_L2', 'HOP_SKIP_JUMP_LINF'],
    LaserAttack: NOT_YET,
    MomentumIterativeMethod: ['MI_FGSM'],
    NewtonFool: ['NEWTON_FOOL'],
    PixelAttack: ['ONE_PIXEL'],
    ProjectedGradientDescent: ['PGD', 'PGD_L2', 'PGD_L1'],
    RescalingAutoConjugateGradient: NOT_YET,
    SaliencyMapMethod: ['JSMA'],
    ShadowAttack: NOT_YET,
    SignOPTAttack: ['SIGN_OPT'],
    SimBA: ['SIMBA'],
    SpatialTransformation: ['ROTATION_TRANSLATION'],
    SquareAttack: ['SQUARE_LINF', 'SQUARE_L2'],
    TargetedUniversalPerturbation: ['UNIVERSAL_LINF', 'UNIVERSAL_L2'],
    ThresholdAttack: NOT_YET,
    UniversalPerturbation: ['UAP_LINF', 'UAP_L2'],
    VirtualAdversarialMethod: ['VAP'],
    Wasserstein: ['WASSERSTEIN'],
    ZooAttack: ['ZOO'],
  },
};

const FOOLBOX: Peer = {
  library: 'Foolbox',
  version: '3.3.4',
  link: 'https://github.com/bethgelab/foolbox',
  beside: 'nothing',
  attacks: {
    BinarizationRefinementAttack: NOT_YET,
    BinarySearchContrastReductionAttack: CORRUPTION,
    BoundaryAttack: ['BOUNDARY'],
    DatasetAttack: 'what decision attacks start from',
    DDNAttack: ['DDN'],
    EADAttack: ['EAD'],
    GaussianBlurAttack: CORRUPTION,
    GenAttack: NOT_YET,
    HopSkipJumpAttack: ['HOP_SKIP_JUMP_L2', 'HOP_SKIP_JUMP_LINF'],
    InversionAttack: NOT_YET,
    L0BrendelBethgeAttack: ['BRENDEL_BETHGE_L0'],
    L0FMNAttack: ['FMN_L0'],
    L1AdamBasicIterativeAttack: ADAM,
    L1AdamProjectedGradientDescentAttack: ADAM,
    L1BasicIterativeAttack: ['PGD_L1'],
    L1BrendelBethgeAttack: ['BRENDEL_BETHGE_L1'],
    L1FastGradientAttack: NOT_YET,
    L1FMNAttack: ['FMN_L1'],
    L1MomentumIterativeFastGradientMethod: NOT_YET,
    L1ProjectedGradientDescentAttack: ['PGD_L1'],
    L2AdamBasicIterativeAttack: ADAM,
    L2AdamProjectedGradientDescentAttack: ADAM,
    L2AdditiveGaussianNoiseAttack: ['GAUSSIAN_NOISE'],
    L2AdditiveUniformNoiseAttack: NOT_YET,
    L2BasicIterativeAttack: ['PGD_L2'],
    L2BrendelBethgeAttack: ['BRENDEL_BETHGE_L2'],
    L2CarliniWagnerAttack: ['CW_L2'],
    L2ClippingAwareAdditiveGaussianNoiseAttack: NOT_YET,
    L2ClippingAwareAdditiveUniformNoiseAttack: NOT_YET,
    L2ClippingAwareRepeatedAdditiveGaussianNoiseAttack: NOT_YET,
    L2ClippingAwareRepeatedAdditiveUniformNoiseAttack: NOT_YET,
    L2ContrastReductionAttack: CORRUPTION,
    L2DeepFoolAttack: ['DEEP_FOOL_L2'],
    L2FastGradientAttack: ['FAST_GRADIENT_L2'],
    L2FMNAttack: ['FMN_L2'],
    L2MomentumIterativeFastGradientMethod: NOT_YET,
    L2ProjectedGradientDescentAttack: ['PGD_L2'],
    L2RepeatedAdditiveGaussianNoiseAttack: NOT_YET,
    L2RepeatedAdditiveUniformNoiseAttack: NOT_YET,
    LinearSearchBlendedUniformNoiseAttack: NOT_YET,
    LinearSearchContrastReductionAttack: CORRUPTION,
    LinfAdamBasicIterativeAttack: ADAM,
    LinfAdamProjectedGradientDescentAttack: ADAM,
    LinfAdditiveUniformNoiseAttack: ['UNIFORM_NOISE'],
    LinfBasicIterativeAttack: ['ITER_BASIC'],
    LinfDeepFoolAttack: ['DEEP_FOOL_LINF'],
    LinfFastGradientAttack: ['FGSM'],
    LInfFMNAttack: ['FMN_LINF'],
    LinfinityBrendelBethgeAttack: ['BRENDEL_BETHGE_LINF'],
    LinfMomentumIterativeFastGradientMethod: ['MI_FGSM'],
    LinfProjectedGradientDescentAttack: ['PGD'],
    LinfRepeatedAdditiveUniformNoiseAttack: NOT_YET,
    NewtonFoolAttack: ['NEWTON_FOOL'],
    PointwiseAttack: ['POINTWISE'],
    SaltAndPepperNoiseAttack: 'what `POINTWISE` starts from',
    SparseL1DescentAttack: ['PGD_L1'],
    SpatialAttack: ['ROTATION_TRANSLATION'],
    VirtualAdversarialAttack: ['VAP'],
  },
};

const TORCHATTACKS: Peer = {
  library: 'torchattacks',
  version: '3.5.1',
  link: 'https://github.com/Harry24k/adversarial-attacks-pytorch',
  beside: '`VANILA`, which returns the image',
  attacks: {
    APGD: ['APGD_CE_LINF', 'APGD_CE_L2', 'APGD_DLR_LINF', 'APGD_DLR_L2'],
    APGDT: ['APGD_T_LINF', 'APGD_T_L2'],
    AutoAttack: ['AUTO_ATTACK_LINF', 'AUTO_ATTACK_L2'],
    BIM: ['ITER_BASIC'],
    CW: ['CW_L2'],
    DeepFool: ['DEEP_FOOL_L2'],
    DIFGSM: ['DI_FGSM'],
    EADEN: ['EAD'],
    EADL1: ['EAD'],
    EOTPGD: ['EOT'],
    FAB: ['FAB_LINF', 'FAB_L2', 'FAB_L1'],
    FFGSM: ['PGD'],
    FGSM: ['FGSM'],
    GN: ['GAUSSIAN_NOISE'],
    Jitter: NOT_YET,
    JSMA: ['JSMA'],
    LGV: ['LGV'],
    MIFGSM: ['MI_FGSM'],
    MultiAttack: ['WORST_OF'],
    NIFGSM: ['NI_FGSM'],
    OnePixel: ['ONE_PIXEL'],
    PGD: ['PGD'],
    PGDL2: ['PGD_L2'],
    PGDRS: ['EOT'],
    PGDRSL2: ['EOT'],
    PIFGSM: ['PI_FGSM'],
    PIFGSMPP: ['PI_FGSM_PLUS_PLUS'],
    Pixle: NOT_YET,
    RFGSM: ['RAND_FGSM'],
    SINIFGSM: ['SI_NI_FGSM'],
    SparseFool: ['SPARSE_FOOL'],
    SPSA: ['SPSA'],
    Square: ['SQUARE_LINF', 'SQUARE_L2'],
    TIFGSM: ['TI_FGSM'],
    TPGD: NOT_YET,
    UPGD: NOT_YET,
    VMIFGSM: ['VMI_FGSM'],
    VNIFGSM: ['VNI_FGSM'],
  },
};

const all = (names: string, counterpart: Counterpart): Readonly<Record<string, Counterpart>> =>
  Object.fromEntries(names.split(' ').map((name) => [name, counterpart]));

const TRANSFER_ATTACK: Peer = {
  library: 'TransferAttack',
  version: 'of 27 February 2026',
  link: 'https://github.com/Trustworthy-AI-Group/TransferAttack',
  beside: 'nothing',
  attacks: {
    fgsm: ['FGSM'],
    ifgsm: ['ITER_BASIC'],
    mifgsm: ['MI_FGSM'],
    nifgsm: ['NI_FGSM'],
    pifgsm: ['PI_FGSM'],
    vmifgsm: ['VMI_FGSM'],
    vnifgsm: ['VNI_FGSM'],
    pgn: ['PGN'],
    ...all(
      'emifgsm aifgtm ifgssm smifgrm vaifgsm rap pcifgsm iefgsm gra gnp mig dta mef anda gifgsm rgmifgsm dual_mifgsm ens_mifgsm fgsra mumodig gaa foolmix adamsi_fgm',
      NOT_YET,
    ),
    dim: ['DI_FGSM'],
    tim: ['TI_FGSM'],
    sim: ['SI_NI_FGSM', 'TRANSFER_FGSM'],
    admix: ['ADMIX'],
    ssm: ['SSA'],
    sia: ['SIA'],
    bsr: ['BSR'],
    ...all('dem atta maskblock aitl pam lpm stm usmm decowa l2t mfi ops odi su idaa ssm_p ssm_h everywhere', NOT_YET),
    logit: ['TRANSFER_FGSM'],
    ila: ['ILA'],
    ...all('tap ata yaila fia ir trap fmaa naa rpa danaa ilpd bfa p2fa mfaa aa cfm fft ftm', INSIDE),
    ...all('taig fuzziness_tuned potrip logit_margin', NOT_YET),
    ...all(
      'sgm linbp pna_patchout llta iaa sapr setr ata_vit dra mta mup tgr dsm dhf bpa ags metassa vdc ma att qaa fpr awt faug ana ll2s fdap ghost',
      BACKWARD,
    ),
    ens: ['ENSEMBLE'],
    ...all('svre mba adaea cwa smer sasd_ws rfcoa', NOT_YET),
    lgv: ['LGV'],
    ...all('cdtp ltp ada ge_advgan diffattack dsva fap ttp m3d aim', GENERATOR),
  },
};

export const peers: readonly Peer[] = [ART, FOOLBOX, TORCHATTACKS, TRANSFER_ATTACK];

export const isCovered = (counterpart: Counterpart): counterpart is readonly string[] => typeof counterpart !== 'string';
